import type { Io } from './command.ts';
import { COMMANDS } from './commands.ts';
import { run } from './run.ts';

/** Connects the commands to this process: streams, signals, settings, and the composition root, loaded when needed. */
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort(signal));

// Whoever read our words may be gone (a log collector restarts, `| head`): that must not end a server without draining.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  terminal: process.stderr.isTTY === true,
  signal: interruption.signal,
  async openApp() {
    const [{ readConfig }, { openApp }] = await Promise.all([import('../config.ts'), import('../main.ts')]);
    return openApp(readConfig());
  },
  async serve(options) {
    const [{ readConfig }, { serve }] = await Promise.all([import('../config.ts'), import('../main.ts')]);
    return serve(readConfig(), options);
  },
};

process.exitCode = await run(process.argv.slice(2), io, COMMANDS);
// Everything is closed and committed by now; a socket that some store left hanging must not keep the process.
setTimeout(() => process.exit(), 1_000).unref();
