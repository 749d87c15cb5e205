import { createReplay } from '../payments/replay.ts';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

export const stripeReplay: Command = {
  name: 'stripe replay',
  summary: 'process dead letters once more; with --all, also what was processed (booking twice adds nothing)',
  usage: '--site ID [--event evt_… | --all] [--json]',
  async run(argv, io) {
    const rules = { site: { required: true }, event: {}, all: { isSwitch: true } };
    const args = readArguments(argv, rules);
    const event = args.text('event') ?? null;
    if (event !== null && args.isSet('all'))
      throw new UsageError('--event names one, --all means all: give one of them');
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const replay = createReplay({ records: app.records, now: app.now });
      const replayed = await replay({ site: site.id, event, processed: event !== null || args.isSet('all') });
      if (event !== null && replayed === 0)
        throw new Error(
          `--event: ${site.domain} has no event "${event.slice(0, 64)}" to replay, or its body was purged`,
        );
      const words = `${site.domain}: ${replayed} ${replayed === 1 ? 'event is' : 'events are'} processed once more`;
      io.out(args.json ? JSON.stringify({ replayed }) : `${words}, by the running server or when it starts.`);
      return 0;
    });
  },
};
