/**
 * The embedded engine as a program of its own: prints where it answers as one line of JSON, then serves until it is told
 * to end. Stands for "a ClickHouse server by URL" in the contract suite (see facts-engines.ts), and for the parent
 * process in the tests of the child's life.
 */
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';

const [directory, lockWaitMs = '10000'] = process.argv.slice(2);
const log = { info() {}, warn() {}, error() {} };
try {
  const engine = await startEmbedded({ directory: directory!, log, lockWaitMs: Number(lockWaitMs) });
  process.stdout.write(`${JSON.stringify({ ...engine.endpoint(), pid: engine.pid() })}\n`);
  process.on('SIGTERM', () => void engine.close().then(() => process.exit(0)));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
  process.exit(1);
}
