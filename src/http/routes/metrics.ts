import type { FastifyInstance } from 'fastify';
import { BlockList, isIPv6 } from 'node:net';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';

type Sample = [labels: Record<string, string>, value: number];
interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  read(): Sample[] | Promise<Sample[]>;
}

const near = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  near.addSubnet(net, bits, 'ipv4');
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');

/** `/metrics` in Prometheus text. Totals of the whole installation, so only machines of the own network may read them. */
export function metricsRoutes(scope: FastifyInstance, deps: HttpDeps): void {
  const families = familiesOf(deps);
  scope.get('/metrics', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    if (!near.check(request.ip, isIPv6(request.ip) ? 'ipv6' : 'ipv4')) {
      const message = 'metrics are served to loopback and private addresses only';
      throw new Refusal(403, { code: 'private_only', message });
    }
    const texts = await Promise.all(
      families.map(async (family) => {
        // A store that is down takes its own families away, not the others.
        const samples = await Promise.resolve(family.read()).catch(() => null);
        return samples === null ? '' : render(family, samples);
      }),
    );
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(texts.join(''));
  });
}

function familiesOf({ gauges, checks, hits }: HttpDeps): Family[] {
  const one = async (value: Promise<number>): Promise<Sample[]> => [[{}, await value]];
  const up = async (name: keyof HttpDeps['checks']): Promise<Sample> => [
    { store: name },
    await checks[name]().then(
      () => 1,
      () => 0,
    ),
  ];
  return [
    counter('hits_accepted_total', 'Hits acknowledged.', () => [[{}, hits.accepted]]),
    counter('hits_dropped_total', 'Hits dropped, by reason.', () => byLabel('reason', hits.dropped)),
    counter('hits_bots_total', "Hits kept and marked as a bot's, by reason.", () => byLabel('reason', hits.bots)),
    counter('hand_overs_total', 'Visitors from other domains of a site, by result.', () =>
      byLabel('result', hits.handOvers),
    ),
    counter('collect_refused_total', 'Collect requests refused, by code.', () => byLabel('code', hits.refused)),
    counter('events_drained_total', 'Events moved to the facts store.', () => [[{}, hits.drained]]),
    counter('events_duplicate_total', 'Hits whose id was known already.', () => [[{}, hits.duplicates]]),
    counter('events_rejected_total', 'Events that could not be stored, set aside.', () => [[{}, hits.rejected]]),
    {
      name: 'headwater_inbox_events',
      type: 'gauge',
      help: 'Stripe events in the inbox, by state.',
      read: async () => Object.entries(await gauges.inbox()).map(([state, value]) => [{ state }, value]),
    },
    {
      name: 'headwater_spool_rows',
      type: 'gauge',
      help: 'Spool rows (groups of hits) not yet in the facts store.',
      read: () => one(gauges.spoolRows()),
    },
    {
      name: 'headwater_outbox_rows',
      type: 'gauge',
      help: 'Credit rows on their way to the facts store.',
      read: () => one(gauges.outboxRows()),
    },
    {
      name: 'headwater_attributions_waiting',
      type: 'gauge',
      help: 'Payments that wait to be credited (again).',
      read: () => one(gauges.attributionsWaiting()),
    },
    {
      name: 'headwater_store_up',
      type: 'gauge',
      help: '1 when the store answers.',
      read: () => Promise.all([up('records'), up('facts'), up('spool')]),
    },
  ];
}

function counter(name: string, help: string, read: () => Sample[]): Family {
  return { name: `headwater_${name}`, type: 'counter', help: `${help} Since the process started.`, read };
}

const byLabel = (label: string, counts: Map<string, number>): Sample[] =>
  [...counts].map(([key, value]) => [{ [label]: key }, value]);

function render({ name, type, help }: Family, samples: Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, '_')}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
}
