import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'run the server (settings come from the environment)',
  usage: '[--json]',
  async run(argv, io) {
    const args = readArguments(argv, {});
    await io.serve({
      signal: io.signal,
      say: (line) => io.err(line),
      ready(address) {
        if (args.json) io.out(JSON.stringify({ url: address }));
      },
    });
    return 0;
  },
};
