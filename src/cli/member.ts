import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { withApp } from './site.ts';

export const memberAdd: Command = {
  name: 'member add',
  summary: 'print a link by which a further member joins (works once, for 7 days)',
  usage: '[--json]',
  async run(argv, io) {
    const args = readArguments(argv, {});
    return withApp(io, async (app) => {
      const url = await app.memberLink();
      io.out(args.json ? JSON.stringify({ url }) : url);
      if (!args.json) io.err('Send it to the new member: it works once, within 7 days.');
      return 0;
    });
  },
};
