import type { Io } from './command.ts';
import { COMMANDS } from './commands.ts';
import { run } from './run.ts';

/** Connects the commands to this process: streams, signals, settings, and the composition root, loaded when needed. */
const interruption = new AbortController();
/** While the server's code is read there is nothing to close. */
let isReading = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The entry ends the process by itself as long as this is not here.
  process.removeAllListeners(signal);
  process.once(signal, () => {
    if (isReading) process.exit(0);
    interruption.abort(signal);
  });
}

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
    isReading = true;
    const [{ readConfig }, { serve }] = await Promise.all([import('../config.ts'), import('../main.ts')]);
    isReading = false;
    return serve(readConfig(), options);
  },
};

process.exitCode = await run(process.argv.slice(2), io, COMMANDS);
// Everything is closed and committed by now; a socket that some store left hanging must not keep the process.
setTimeout(() => process.exit(), 300).unref();
