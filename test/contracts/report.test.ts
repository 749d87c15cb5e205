import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { creditChanges, creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import type { Event } from '../../src/core/event.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Payment } from '../../src/core/payment.ts';
import { canSplit } from '../../src/core/report-scope.ts';
import { DIMENSIONS, METRICS } from '../../src/core/report.ts';
import type { Dimension, ReportQuery } from '../../src/core/report.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { createFactsClient, type FactsClient } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded, type EmbeddedEngine } from '../../src/storage/facts/embedded/supervise.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';
import { createReport } from '../../src/storage/facts/report.ts';

const log = { info() {}, warn() {}, error() {} };
let directory: string;
let engine: EmbeddedEngine;
let client: FactsClient;
let facts: Facts;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-report-'));
  engine = await startEmbedded({ directory, log });
  client = createFactsClient({ endpoint: () => engine.endpoint() });
  facts = createFacts(client, createReport(client), { close: () => engine.close() });
  await facts.migrate();
});
after(async () => {
  await facts?.close();
  await rm(directory, { recursive: true, force: true });
});

const at = (text: string) => Date.parse(text);
let counter = 0;
const next = () => `00000000-0000-4000-8000-${String((counter += 1)).padStart(12, '0')}`;

const NOTHING = { source: '', medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
const PLACE = { country: 'DE', region: '', city: '', locationApproximate: false };
const DEVICE = { browser: 'Firefox', os: 'Linux', device: 'desktop', language: 'de' };

function event(site: string, visitor: string, when: string, fields: Partial<Event> = {}): Event {
  const occurredAt = at(when);
  const from = { ...NOTHING, referrerHost: '', referrer: '', channel: fields.source ? 'Organic Search' : 'Direct' };
  const page = { hostname: 'shop.example', path: '/', url: 'https://shop.example/', title: '', props: {}, bot: '' };
  const session = visitor && `${visitor}-1`;
  const hit = { site, visitor, session, id: next(), name: 'pageview', occurredAt, receivedAt: occurredAt + 5 };
  return { ...from, ...page, ...hit, ...PLACE, ...DEVICE, ...fields };
}

function touch(visitor: string, when: string, source: string, fields: Partial<Touchpoint> = {}): Touchpoint {
  const { language: _, ...device } = DEVICE;
  const arrival = { ...NOTHING, referrerHost: '', referrer: '', channel: source ? 'Organic Search' : 'Direct', source };
  const place = { landingPage: '/', hostname: 'shop.example', country: 'DE', ...device };
  return {
    ...arrival,
    ...place,
    visitor,
    session: `${visitor}-1`,
    occurredAt: at(when),
    receivedAt: at(when),
    ...fields,
  };
}

function payment(site: string, id: string, when: string, fields: Partial<Payment> = {}): Payment {
  const sums = { grossMinor: 0, refundedMinor: 0, disputedMinor: 0, feeMinor: 0, feeCurrency: null };
  const known = { customer: null, subscription: null, pathEndsAt: null, kind: 'one_time' as const, currency: 'usd' };
  return { site, id, mode: 'live', connection: 'c1', occurredAt: at(when), ...known, ...sums, ...fields };
}

function entry(of: Payment, kind: LedgerEntry['kind'], amountMinor: number, when?: string): LedgerEntry {
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const id = kind === 'charge' ? of.id : `${kind}_${next()}`;
  const occurredAt = when ? at(when) : of.occurredAt;
  return { id, paymentId: of.id, kind, amountMinor, currency: of.currency, occurredAt, ...settlement };
}

function ask(site: string, question: Partial<ReportQuery> = {}): ReportQuery {
  return {
    site,
    timezone: 'UTC',
    currency: 'usd',
    mode: 'live',
    metrics: ['visitors', 'revenue'],
    dimensions: [],
    from: '2026-11-01',
    to: '2026-11-30',
    model: 'first_touch',
    by: 'entry_date',
    filters: [],
    order: null,
    limit: 100,
    bots: 'exclude',
    ...question,
  };
}

const report = (site: string, question: Partial<ReportQuery> = {}) => facts.report(ask(site, question));
const sum = (numbers: unknown[]) => numbers.reduce((total: number, one) => total + Number(one ?? 0), 0);

describe('a shop in November', () => {
  const site = 'shop';

  before(async () => {
    await facts.insertEvents(
      [
        // ann: google, two pages, then a purchase event; a session of two minutes.
        event(site, 'ann', '2026-11-03T10:00:00Z', { source: 'google', campaign: 'spring', path: '/landing' }),
        event(site, 'ann', '2026-11-03T10:01:00Z', { path: '/pricing' }),
        event(site, 'ann', '2026-11-03T10:02:00Z', { path: '/pricing', name: 'signup' }),
        // ben: newsletter, bounced; came back by typing the address.
        event(site, 'ben', '2026-11-04T10:00:00Z', { source: 'newsletter', medium: 'email', channel: 'Email' }),
        event(site, 'ben', '2026-11-05T10:00:00Z', { session: 'ben-2', path: '/pricing' }),
        // A session over midnight UTC counts once, on the day it began, with all its pages.
        event(site, 'cyd', '2026-11-09T23:58:00Z', { source: 'google' }),
        event(site, 'cyd', '2026-11-10T00:03:00Z', { path: '/pricing' }),
        // Without identity: counted as a page, not as a visitor.
        event(site, '', '2026-11-06T10:00:00Z', { source: 'google', path: '/landing' }),
        // A bot, and somebody of October.
        event(site, 'bot', '2026-11-06T11:00:00Z', { bot: 'user_agent', source: 'google' }),
        event(site, 'old', '2026-10-31T23:59:59.999Z', { source: 'google' }),
      ],
      'shop-events',
    );
    const ann = payment(site, 'ch_ann', '2026-11-05T12:00:00.999Z', { customer: 'cus_a' });
    const ben = payment(site, 'ch_ben', '2026-11-06T12:00:00.999Z', { kind: 'subscription_start' });
    const who = payment(site, 'ch_who', '2026-11-07T12:00:00.999Z');
    const typed = payment(site, 'ch_dir', '2026-11-08T12:00:00.999Z');
    const euro = payment(site, 'ch_eur', '2026-11-08T13:00:00.999Z', { currency: 'eur', customer: 'cus_e' });
    const paper = payment(site, 'ch_test', '2026-11-08T13:00:00.999Z', { mode: 'test' });
    const [google, news] = [
      touch('ann', '2026-11-03T10:00:00Z', 'google', { campaign: 'spring' }),
      touch('ben', '2026-11-04T10:00:00Z', 'newsletter', { medium: 'email', channel: 'Email' }),
    ];
    const back = touch('ben', '2026-11-05T10:00:00Z', '', { session: 'ben-2' });
    const pending = unattributedRows(ann, [entry(ann, 'charge', 100_00)], 'pending');
    const credited = creditRows(ann, [entry(ann, 'charge', 100_00)], [google]);
    await facts.insertCredits(pending, 'shop-pending');
    await facts.insertCredits(
      [
        // Ann's payment was unattributed at first: what was cancelled must not be seen any more.
        ...creditChanges(pending, credited),
        ...creditRows(
          ben,
          [entry(ben, 'charge', 50_01), entry(ben, 'refund', -10_00, '2026-12-02T00:00:00Z')],
          [news, back],
        ),
        ...unattributedRows(who, [entry(who, 'charge', 30_00), entry(who, 'dispute', -30_00)], 'no_visitor_id'),
        ...creditRows(typed, [entry(typed, 'charge', 20_00)], [touch('dan', '2026-11-08T11:00:00Z', '')]),
        ...creditRows(euro, [entry(euro, 'charge', 70_00)], [google]),
        ...creditRows(paper, [entry(paper, 'charge', 999_00)], [google]),
      ],
      'shop-credits',
    );
  });

  test('revenue by source, first touch: what nobody earned is not direct', async () => {
    const { rows, totals } = await report(site, {
      dimensions: ['source'],
      order: { key: 'revenue', descending: true },
    });
    assert.deepEqual(rows, [
      { source: 'google', visitors: 2, revenue: 100_00 },
      { source: 'newsletter', visitors: 1, revenue: 50_01 },
      { source: '(direct)', visitors: 1, revenue: 20_00 },
      { source: '(unattributed)', visitors: 0, revenue: 0 },
    ]);
    assert.deepEqual(totals, { visitors: 3, revenue: 170_01 });
  });

  test('linear shares to the cent, and the total stays', async () => {
    const { rows, totals } = await report(site, { metrics: ['revenue'], dimensions: ['source'], model: 'linear' });
    assert.deepEqual(rows, [
      { source: 'google', revenue: 100_00 },
      { source: '(direct)', revenue: 20_00 + 25_00 },
      { source: 'newsletter', revenue: 25_01 },
      { source: '(unattributed)', revenue: 0 },
    ]);
    assert.deepEqual(totals, { revenue: 170_01 });
  });

  test('channels, and what each row is made of', async () => {
    const metrics = ['gross', 'refunded', 'disputed', 'revenue', 'coverage'] as const;
    const { rows, totals } = await report(site, { metrics, dimensions: ['channel'] });
    assert.deepEqual(
      rows.find((row) => row.channel === '(unattributed)'),
      { channel: '(unattributed)', gross: 30_00, refunded: 0, disputed: 30_00, revenue: 0, coverage: null },
    );
    assert.deepEqual(
      rows.find((row) => row.channel === 'Direct'),
      { channel: 'Direct', gross: 20_00, refunded: 0, disputed: 0, revenue: 20_00, coverage: 1 },
    );
    assert.deepEqual(totals, { gross: 200_01, refunded: 0, disputed: 30_00, revenue: 170_01, coverage: 1 });
  });

  test('a refund counts on its own day, or on the payment’s when asked so', async () => {
    const metrics = ['revenue'] as const;
    const december = { from: '2026-12-01', to: '2026-12-31' };
    assert.deepEqual((await report(site, { metrics, ...december })).totals, { revenue: -10_00 });
    assert.deepEqual((await report(site, { metrics, ...december, by: 'payment_date' })).totals, { revenue: 0 });
    assert.deepEqual((await report(site, { metrics, by: 'payment_date' })).totals, { revenue: 160_01 });
  });

  test('other currencies stand apart and are never added', async () => {
    const { totals, unconverted } = await report(site, {
      metrics: ['gross', 'revenue', 'average_order_value', 'visitors'],
    });
    assert.deepEqual(totals, { gross: 200_01, revenue: 170_01, average_order_value: 5000.25, visitors: 3 });
    assert.deepEqual(unconverted, { eur: { gross: 70_00, revenue: 70_00, average_order_value: 70_00 } });
    const byCurrency = await report(site, { metrics: ['revenue', 'conversions'], dimensions: ['currency'], limit: 1 });
    assert.deepEqual(byCurrency.rows, [
      { currency: 'usd', revenue: 170_01, conversions: 4 },
      { currency: 'eur', revenue: 70_00, conversions: 1 },
    ]);
  });

  test('live and test money never add up', async () => {
    assert.deepEqual((await report(site, { metrics: ['revenue'], mode: 'test' })).totals, { revenue: 999_00 });
  });

  test('conversions are shares that sum to the payments; customers are distinct', async () => {
    const metrics = ['conversions', 'customers', 'conversion_rate', 'revenue_per_visitor'] as const;
    const { rows, totals } = await report(site, { metrics, dimensions: ['source'], model: 'linear' });
    const conversions = Object.fromEntries(rows.map((row) => [row.source, row.conversions]));
    // Half a minor unit more or less: shares follow credits.
    assert.deepEqual(conversions, { google: 2, '(unattributed)': 1, '(direct)': 1.49990002, newsletter: 0.50009998 });
    assert.equal(sum(rows.map((row) => row.conversions)), 5);
    assert.deepEqual(totals, { conversions: 5, customers: 5, conversion_rate: 1.666666667, revenue_per_visitor: 5667 });
    const google = rows.find((row) => row.source === 'google');
    assert.deepEqual(google, {
      source: 'google',
      conversions: 2,
      customers: 2,
      conversion_rate: 1,
      revenue_per_visitor: 50_00,
    });
    const unattributed = rows.find((row) => row.source === '(unattributed)');
    assert.equal(unattributed!.conversion_rate, null, 'nobody visits from there: 1 ÷ 0');
  });

  test('visits: sessions count where they began, hits without identity as pages only, bots not at all', async () => {
    const metrics = [
      'visitors',
      'sessions',
      'pageviews',
      'events',
      'bounce_rate',
      'views_per_session',
      'visit_duration',
    ] as const;
    const { totals } = await report(site, { metrics });
    const rates = { bounce_rate: 0.5, views_per_session: 1.5, visit_duration: (120 + 300) / 4 };
    assert.deepEqual(totals, { visitors: 3, sessions: 4, pageviews: 7, events: 8, ...rates });
    assert.equal((await report(site, { metrics, bots: 'include' })).totals.visitors, 4);
    const days = await report(site, { metrics: ['sessions', 'pageviews'], dimensions: ['day'] });
    assert.deepEqual(days.rows, [
      { day: '2026-11-03', sessions: 1, pageviews: 2 },
      { day: '2026-11-04', sessions: 1, pageviews: 1 },
      { day: '2026-11-05', sessions: 1, pageviews: 1 },
      { day: '2026-11-06', sessions: 0, pageviews: 1 },
      { day: '2026-11-09', sessions: 1, pageviews: 2 },
    ]);
  });

  test('pages and events, with the tags of their sessions', async () => {
    const pages = await report(site, { metrics: ['pageviews', 'visitors'], dimensions: ['page'] });
    assert.deepEqual(pages.rows, [
      { page: '/pricing', pageviews: 3, visitors: 3 },
      { page: '/', pageviews: 2, visitors: 2 },
      { page: '/landing', pageviews: 2, visitors: 1 },
    ]);
    const fromGoogle = await report(site, {
      metrics: ['visitors'],
      dimensions: ['page'],
      filters: [['source', 'is', ['google']]],
    });
    assert.deepEqual(fromGoogle.rows, [
      { page: '/pricing', visitors: 2 },
      { page: '/', visitors: 1 },
      { page: '/landing', visitors: 1 },
    ]);
    const events = await report(site, { metrics: ['events', 'sessions'], dimensions: ['event', 'source'] });
    assert.deepEqual(events.rows.at(-1), { event: 'signup', source: 'google', events: 1, sessions: 1 });
    const ends = await report(site, { metrics: ['sessions'], dimensions: ['landing_page', 'exit_page'] });
    assert.deepEqual(ends.rows, [
      { landing_page: '/', exit_page: '/', sessions: 1 },
      { landing_page: '/', exit_page: '/pricing', sessions: 1 },
      { landing_page: '/landing', exit_page: '/pricing', sessions: 1 },
      { landing_page: '/pricing', exit_page: '/pricing', sessions: 1 },
    ]);
  });

  test('filters compare with what rows are called, visits and money alike', async () => {
    const metrics = ['visitors', 'revenue'] as const;
    const totals = async (...filters: ReportQuery['filters']) => (await report(site, { metrics, filters })).totals;
    assert.deepEqual(await totals(['source', 'is', ['google', 'newsletter']]), { visitors: 3, revenue: 150_01 });
    assert.deepEqual(await totals(['source', 'is_not', ['google']]), { visitors: 1, revenue: 70_01 });
    assert.deepEqual(await totals(['source', 'contains', ['LETTER', 'oog']]), { visitors: 3, revenue: 150_01 });
    assert.deepEqual(await totals(['source', 'is', ['(direct)']]), { visitors: 1, revenue: 20_00 });
    assert.deepEqual(await totals(['campaign', 'is', ['spring']], ['country', 'is', ['DE']]), {
      visitors: 1,
      revenue: 100_00,
    });
    assert.deepEqual(await totals(['source', 'is', ['(unattributed)']]), { visitors: 0, revenue: 0 });
  });

  test('every model and every pair of a metric and a dimension it can be split by has an answer that adds up', async () => {
    for (const model of RULE_MODELS) {
      const { rows, totals } = await report(site, {
        metrics: ['revenue', 'conversions'],
        dimensions: ['source', 'campaign'],
        model,
      });
      assert.deepEqual([sum(rows.map((row) => row.revenue)), totals.revenue], [170_01, 170_01], model);
      assert.ok(Math.abs(sum(rows.map((row) => row.conversions)) - 5) < 1e-6, model);
    }
    const additive = ['sessions', 'pageviews', 'events', 'gross', 'refunded', 'disputed', 'revenue'] as const;
    for (const dimension of DIMENSIONS) {
      const metrics = METRICS.filter((metric) => canSplit(dimension, metric));
      const { rows, totals } = await report(site, { metrics, dimensions: [dimension], model: 'time_decay' });
      assert.ok(rows.length > 0, dimension);
      const splits = additive.filter((metric) => metrics.includes(metric) && dimension !== 'currency');
      // A session that saw two pages is a session of both.
      for (const metric of splits.filter((name) => !(name === 'sessions' && ['page', 'event'].includes(dimension)))) {
        assert.equal(sum(rows.map((row) => row[metric])), totals[metric], `${metric} by ${dimension}`);
      }
    }
  });

  test('a site sees its own rows only', async () => {
    assert.deepEqual((await report('someone-else', { dimensions: ['source'] })).rows, []);
    assert.deepEqual((await report('someone-else')).totals, { visitors: 0, revenue: 0 });
    const empty = await report('someone-else', {
      metrics: ['bounce_rate', 'coverage', 'conversion_rate', 'conversions'],
    });
    assert.deepEqual(empty.totals, { bounce_rate: null, coverage: null, conversion_rate: null, conversions: 0 });
  });
});

describe('a customer who pays again', () => {
  const site = 'again';
  before(async () => {
    const rows = [
      ['ch_1', '2026-10-10T12:00:00Z', 'cus_1'],
      ['ch_2', '2026-11-10T12:00:00Z', 'cus_1'],
      ['ch_3', '2026-11-11T12:00:00Z', 'cus_2'],
      ['ch_4', '2026-11-12T12:00:00Z', 'cus_2'],
      ['ch_5', '2026-11-13T12:00:00Z', null],
      ['ch_6', '2026-11-14T12:00:00Z', null],
    ] as const;
    await facts.insertEvents(
      [event(site, 'v', '2026-11-02T00:00:00Z'), event(site, 'w', '2026-11-02T00:00:00Z')],
      'again-events',
    );
    await facts.insertCredits(
      rows.flatMap(([id, when, customer]) => {
        const paid = payment(site, id, when, { customer });
        return creditRows(paid, [entry(paid, 'charge', 10_00)], [touch('v', '2026-10-01T00:00:00Z', 'google')]);
      }),
      'again-credits',
    );
  });

  test('is one customer, and a new one only in the range of the first payment', async () => {
    const metrics = ['conversions', 'customers', 'conversion_rate'] as const;
    // cus_1 (first paid in October), cus_2, and the visitor behind ch_5 and ch_6: two of the three are new.
    assert.deepEqual((await report(site, { metrics })).totals, { conversions: 5, customers: 3, conversion_rate: 1 });
  });
});

describe('limits', () => {
  const site = 'many';
  before(async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    await facts.insertEvents(
      numbers.map((index) =>
        // The same visitor came from the last ten sources.
        event(site, `v${Math.min(index, 20)}`, '2026-11-02T00:00:00Z', { source: `s${index}`, session: `x${index}` }),
      ),
      'many-events',
    );
    await facts.insertCredits(
      numbers.flatMap((index) => {
        const paid = payment(site, `ch_${index}`, '2026-11-03T00:00:00Z', {
          currency: index % 10 === 9 ? 'eur' : 'usd',
        });
        const path = [touch(`v${index}`, '2026-11-02T00:00:00Z', `s${index}`)];
        return creditRows(paid, [entry(paid, 'charge', (index + 1) * 1_00)], path);
      }),
      'many-credits',
    );
  });

  test('what is beyond the limit is one row; sums add up, and a visitor is one visitor there too', async () => {
    const { rows, totals } = await report(site, {
      metrics: ['revenue', 'visitors', 'sessions', 'conversions', 'customers'],
      dimensions: ['source'],
      limit: 3,
    });
    assert.deepEqual(
      rows.map((row) => [row.source, row.revenue]),
      [
        ['s28', 29_00],
        ['s27', 28_00],
        ['s26', 27_00],
        ['(other)', 321_00],
      ],
    );
    assert.deepEqual([rows[3]!.visitors, rows[3]!.sessions, rows[3]!.conversions], [21, 27, 27]);
    assert.equal(sum(rows.map((row) => row.revenue)), totals.revenue);
    assert.deepEqual([totals.revenue, totals.visitors, totals.sessions], [405_00, 21, 30]);
  });

  test('the order may be by a metric of both sources, by a label, or rising', async () => {
    const top = async (key: 'revenue_per_visitor' | 'source' | 'visitors', descending: boolean) => {
      const metrics = ['revenue_per_visitor', 'visitors'] as const;
      const answer = await report(site, { metrics, dimensions: ['source'], limit: 2, order: { key, descending } });
      return answer.rows.map((row) => row.source);
    };
    assert.deepEqual(await top('revenue_per_visitor', true), ['s28', 's27', '(other)']);
    assert.deepEqual(await top('source', false), ['s0', 's1', '(other)']);
    assert.deepEqual(await top('visitors', true), ['s0', 's1', '(other)']);
  });

  test('currencies stay apart in “(other)”', async () => {
    const { rows } = await report(site, { metrics: ['revenue'], dimensions: ['source', 'currency'], limit: 1 });
    assert.deepEqual(rows, [
      { source: 's29', currency: 'eur', revenue: 30_00 },
      { source: '(other)', currency: 'usd', revenue: 405_00 },
      { source: '(other)', currency: 'eur', revenue: 30_00 },
    ]);
  });

  test('thousands of labels keep their names when asked for', async () => {
    const events = Array.from({ length: 2_500 }, (_, index) =>
      event('wide', `w${index}`, '2026-11-02T00:00:00Z', { source: `s${index}'"\\\t` }),
    );
    await facts.insertEvents(events, 'wide-events');
    const question = { metrics: ['visitors'], dimensions: ['source'] } as const;
    assert.equal((await report('wide', { ...question, limit: 10_000 })).rows.length, 2_500);
    const { rows } = await report('wide', { ...question, limit: 2_000 });
    assert.deepEqual([rows.length, rows.at(-1)], [2_001, { source: '(other)', visitors: 500 }]);
  });
});

describe('days are the site’s own', () => {
  const site = 'zones';
  before(async () => {
    const hits = [
      '2026-10-24T21:59:59Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-25T22:59:59Z',
      '2026-10-25T23:00:00Z',
    ];
    await facts.insertEvents(
      hits.map((when, index) => event(site, `v${index}`, when)),
      'zones-events',
    );
    const paid = payment(site, 'ch_z', '2026-10-25T22:59:59Z');
    await facts.insertCredits(
      creditRows(paid, [entry(paid, 'charge', 5_00)], [touch('v4', '2026-10-25T22:59:59Z', '')]),
      'zones-credits',
    );
  });

  test('the day clocks go back in Berlin has 25 hours', async () => {
    const berlin = { timezone: 'Europe/Berlin', from: '2026-10-25', to: '2026-10-25' };
    assert.deepEqual((await report(site, berlin)).totals, { visitors: 4, revenue: 5_00 });
    const hours = await report(site, { ...berlin, dimensions: ['hour'] });
    assert.deepEqual(hours.rows, [
      { hour: '2026-10-25 00:00', visitors: 1, revenue: 0 },
      { hour: '2026-10-25 02:00', visitors: 2, revenue: 0 },
      { hour: '2026-10-25 23:00', visitors: 1, revenue: 5_00 },
    ]);
  });

  test('days, weeks and months of three zones', async () => {
    const buckets = async (timezone: string, dimension: Dimension) => {
      const range = { from: '2026-10-01', to: '2026-10-31', metrics: ['visitors'] as const };
      const { rows } = await report(site, { ...range, timezone, dimensions: [dimension] });
      return Object.fromEntries(rows.map((row) => [row[dimension], row.visitors]));
    };
    assert.deepEqual(await buckets('Europe/Berlin', 'day'), { '2026-10-24': 1, '2026-10-25': 4, '2026-10-26': 1 });
    assert.deepEqual(await buckets('America/Los_Angeles', 'day'), { '2026-10-24': 4, '2026-10-25': 2 });
    assert.deepEqual(await buckets('Asia/Kolkata', 'day'), { '2026-10-25': 4, '2026-10-26': 2 });
    assert.deepEqual(await buckets('Europe/Berlin', 'week'), { '2026-10-19': 5, '2026-10-26': 1 });
    assert.deepEqual(await buckets('Europe/Berlin', 'month'), { '2026-10': 6 });
  });

  test('any span has an answer', async () => {
    assert.equal((await report(site, { from: '1970-01-01', to: '9999-12-31' })).totals.visitors, 6);
    assert.equal((await report(site, { from: '2060-01-01', to: '2061-12-31' })).totals.visitors, 0);
  });
});

describe('nothing that people type becomes SQL', () => {
  const site = `o'brien`;
  const hostile = [
    `' OR 1=1 --`,
    `'); DROP TABLE credits; --`,
    `\\'; SELECT 1`,
    `{site:String}`,
    `%' UNION ALL SELECT * FROM events --`,
    `"\`\t\n\0\r\\N`,
    `😀`,
  ];

  before(async () => {
    const shown = (index: number) => hostile[index]!;
    await facts.insertEvents(
      hostile.map((text, index) =>
        event(site, `v${index}`, '2026-11-02T00:00:00Z', {
          source: text,
          campaign: text,
          path: text,
          country: text,
          language: text,
        }),
      ),
      'hostile-events',
    );
    await facts.insertCredits(
      hostile.flatMap((_, index) => {
        const paid = payment(site, `ch_${index}`, '2026-11-03T00:00:00Z');
        const path = [touch(`v${index}`, '2026-11-02T00:00:00Z', shown(index), { campaign: shown(index) })];
        return creditRows(paid, [entry(paid, 'charge', 1_00)], path);
      }),
      'hostile-credits',
    );
    await facts.insertEvents([event('victim', 'v', '2026-11-02T00:00:00Z')], 'victim-events');
  });

  test('hostile tags come back letter by letter, alone and beyond the limit', async () => {
    const { rows } = await report(site, { dimensions: ['source'] });
    assert.deepEqual(new Set(rows.map((row) => row.source)), new Set(hostile));
    assert.ok(rows.every((row) => row.visitors === 1 && row.revenue === 1_00));
    const limited = await report(site, { dimensions: ['source', 'campaign'], limit: 2 });
    assert.deepEqual(limited.rows.at(-1), { source: '(other)', campaign: '(other)', visitors: 5, revenue: 5_00 });
  });

  test('as a filter of every dimension they find what is called so, and nothing else', async () => {
    for (const dimension of DIMENSIONS) {
      const metrics = (['visitors', 'revenue', 'conversions'] as const).filter((metric) => canSplit(dimension, metric));
      const operators = ['is', 'contains'] as const;
      const filters = operators.map((operator) => [dimension, operator, hostile] as const);
      const { totals } = await report(site, { metrics, dimensions: [dimension], filters });
      if (dimension === 'source') assert.deepEqual(totals, { visitors: 7, revenue: 7_00, conversions: 7 });
      if (dimension === 'browser') assert.deepEqual(totals, { visitors: 0, revenue: 0, conversions: 0 });
      await report(site, { metrics, filters: [[dimension, 'is_not', hostile]] });
    }
    for (const text of hostile) {
      assert.deepEqual((await report(site, { filters: [['source', 'is', [text]]] })).totals, {
        visitors: 1,
        revenue: 1_00,
      });
    }
  });

  test('nor do sites, zones and currencies', async () => {
    for (const text of hostile) {
      assert.deepEqual((await report(text, { currency: text })).totals, { visitors: 0, revenue: 0 });
    }
    await assert.rejects(report(site, { timezone: `UTC'); DROP TABLE events; --`, dimensions: ['day'] }));
    assert.equal((await report('victim')).totals.visitors, 1);
  });
});
