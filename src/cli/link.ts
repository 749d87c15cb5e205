import { createExplain } from '../payments/explain.ts';
import { linkId } from '../payments/link-id.ts';
import { createVerdicts } from '../payments/verdict.ts';
import { identityAnswerOf } from '../reports/restatements.ts';
import type { App } from './app.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

const BY = 'command line';

const verdictsOf = ({ records, now }: App) => createVerdicts({ records, now, connectedBy: createExplain({ records }) });

export const linkList: Command = {
  name: 'link list',
  summary: 'list what makes a payment’s path: its links, and what joins its visitors',
  usage: '--site ID --payment ID [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, payment: { required: true } });
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const connected = await createExplain(app)(site, args.given('payment'));
      if (!connected)
        throw new Error(`--payment: ${site.domain} has no payment "${args.given('payment').slice(0, 64)}"`);
      const answer = identityAnswerOf(connected, linkId);
      if (args.json) io.out(JSON.stringify(answer));
      for (const { id, object, field, value, used, rejected } of args.json ? [] : answer.links) {
        io.out(`${id}  ${object} ${field} = ${value}${used ? '  (used)' : ''}${rejected ? '  (rejected)' : ''}`);
      }
      for (const { visitor_id: visitor, joined_by: joins } of args.json ? [] : answer.visitors) {
        for (const { id, by, object, field, value } of joins.filter((join) => join.by !== 'payment')) {
          io.out(`${id}  ${visitor} by ${by}: ${object} ${field} = ${value}`);
        }
      }
      return 0;
    });
  },
};

export const linkReject: Command = {
  name: 'link reject',
  summary: 'say that a link is wrong: it no longer counts, and payments are credited again (nothing is deleted)',
  usage: '--site ID --payment ID --link ID [--why TEXT] [--json]',
  async run(argv, io) {
    const required = { required: true };
    const args = readArguments(argv, { site: required, payment: required, link: required, why: {} });
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const said = { link: args.given('link'), by: BY, why: (args.text('why') ?? '').slice(0, 500) };
      return told(await verdictsOf(app).reject(site, args.given('payment'), said), args.json, io);
    });
  },
};

export const linkReinstate: Command = {
  name: 'link reinstate',
  summary: 'take a rejection back',
  usage: '--site ID --link ID [--why TEXT] [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, link: { required: true }, why: {} });
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const said = { link: args.given('link'), by: BY, why: (args.text('why') ?? '').slice(0, 500) };
      return told(await verdictsOf(app).reinstate(site, said), args.json, io);
    });
  },
};

type Judged = Awaited<ReturnType<ReturnType<typeof verdictsOf>['reinstate']>>;

function told(outcome: Judged, json: boolean, io: { out(line: string): void }): number {
  if (!outcome.ok) throw new Error(`--${outcome.message}`);
  const { payments } = outcome.value;
  const words = `${payments} ${payments === 1 ? 'payment is' : 'payments are'} credited again`;
  io.out(json ? JSON.stringify(outcome.value) : `${words}, by the running server or when it starts.`);
  return 0;
}
