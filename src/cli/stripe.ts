import { readArguments } from './arguments.ts';
import type { App } from './app.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

export const stripeConnect: Command = {
  name: 'stripe connect',
  summary: 'connect a Stripe account to a site',
  usage: '--site ID --key rk_… [--webhook-secret whsec_…] [--connection ID] [--mode live|test] [--json]',
  async run(argv, io) {
    const rules = { site: { required: true }, key: {}, 'webhook-secret': {}, connection: {}, mode: {} };
    const args = readArguments(argv, rules);
    const key = args.text('key');
    const webhookSecret = args.text('webhook-secret');
    if (key === undefined && webhookSecret === undefined) throw new UsageError('--key is missing');
    const mode = modeOf(args.text('mode'));
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const input = { site: site.id, key, webhookSecret, connection: args.text('connection'), mode };
      const { id, account, livemode, status } = await app.connectStripe(input);
      const words = `${site.domain}: ${account ?? 'the account'} (${livemode ? 'live' : 'test'}) is ${status}`;
      io.out(args.json ? JSON.stringify({ id, account, livemode, status }) : words);
      if (status === 'unverified') {
        const connection = await app.records.connections.get(id);
        io.err(`Saved, not verified yet: ${connection?.statusReason ?? 'Stripe did not answer'}`);
      }
      if (webhookSecret !== undefined) io.err('The webhook secret is stored; others in use stay valid.');
      if (key !== undefined) for (const line of await setUpLines(app, id)) io.err(line);
      return 0;
    });
  },
};

function modeOf(text: string | undefined): 'live' | 'test' | undefined {
  if (text === undefined || text === 'live' || text === 'test') return text;
  throw new UsageError('--mode is live or test');
}

/** What connecting found out beside the key: the endpoint, and what the key may not do. */
async function setUpLines(app: App, id: string): Promise<string[]> {
  const connection = await app.records.connections.get(id);
  if (!connection) return [];
  const { endpoint, permissions } = connection;
  const missing = app.permissions.filter(({ name }) => permissions?.answers[name] === 'missing');
  const lines = missing.map(({ label, name, without }) => `The key lacks ${label} (${name}): ${without}.`);
  if (endpoint?.state === 'created') lines.push(`Stripe sends webhooks to endpoint ${endpoint.id ?? ''}.`);
  else if (endpoint?.reason) lines.push(`No webhook endpoint was made: ${endpoint.reason.replace(/\.$/, '')}.`);
  return lines;
}

export const stripeDisconnect: Command = {
  name: 'stripe disconnect',
  summary: 'forget the key and the webhook secrets of a connection; what was booked stays',
  usage: '--site ID --connection ID [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, connection: { required: true } });
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const asked = args.given('connection');
      const ended = await app.disconnectStripe({ site: site.id, connection: asked });
      if (!ended) {
        const known = (await app.records.connections.ofSite(site.id)).map(
          ({ id, account, mode }) => `${id} (${account ?? 'account not known'}, ${mode})`,
        );
        const has = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
        throw new Error(`--connection: ${site.domain} has no connection "${asked.slice(0, 64)}"; ${has}`);
      }
      io.out(args.json ? JSON.stringify(ended) : `${site.domain}: disconnected ${ended.id}`);
      if (ended.left !== null) io.err(`Left to do: ${ended.left}`);
      return 0;
    });
  },
};
