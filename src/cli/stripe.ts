import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

export const stripeConnect: Command = {
  name: 'stripe connect',
  summary: 'connect a Stripe account to a site',
  usage: '--site ID --key rk_… [--webhook-secret whsec_…] [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, key: {}, 'webhook-secret': {} });
    const key = args.text('key');
    const webhookSecret = args.text('webhook-secret');
    if (key === undefined && webhookSecret === undefined) throw new UsageError('--key is missing');
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const { id, account, livemode, status } = await app.connectStripe({ site: site.id, key, webhookSecret });
      const mode = livemode ? 'live' : 'test';
      const words = `${site.domain}: ${account ?? 'the account'} (${mode}) is ${status}`;
      io.out(args.json ? JSON.stringify({ id, account, livemode, status }) : words);
      if (status === 'unverified') {
        const connection = await app.records.connections.get(id);
        io.err(`Saved, not verified yet: ${connection?.statusReason ?? 'Stripe did not answer'}`);
      }
      return 0;
    });
  },
};
