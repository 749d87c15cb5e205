import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { canSplit } from '../../src/core/report-scope.ts';
import { DIMENSIONS, METRICS } from '../../src/core/report.ts';
import type { ReportQuery } from '../../src/core/report.ts';
import { entry, event, openReports, payment, sum, touch } from './report-facts.ts';

const { events, credits, report } = openReports();

describe('a shop in November', () => {
  const site = 'shop';

  before(async () => {
    await events([
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
    ]);
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
    await credits(pending);
    await credits([
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
    ]);
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
    assert.deepEqual(conversions, { google: 2, '(unattributed)': 1, '(direct)': 1.4999, newsletter: 0.5001 });
    assert.equal(sum(rows.map((row) => row.conversions)), 5);
    assert.deepEqual(totals, { conversions: 5, customers: 5, conversion_rate: 1.666667, revenue_per_visitor: 5667 });
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
    await events([event(site, 'v', '2026-11-02T00:00:00Z'), event(site, 'w', '2026-11-02T00:00:00Z')]);
    await credits(
      rows.flatMap(([id, when, customer]) => {
        const paid = payment(site, id, when, { customer });
        return creditRows(paid, [entry(paid, 'charge', 10_00)], [touch('v', '2026-10-01T00:00:00Z', 'google')]);
      }),
    );
  });

  test('is one customer, and a new one only in the range of the first payment', async () => {
    const metrics = ['conversions', 'customers', 'conversion_rate'] as const;
    // cus_1 (first paid in October), cus_2, and the visitor behind ch_5 and ch_6: two of the three are new.
    assert.deepEqual((await report(site, { metrics })).totals, { conversions: 5, customers: 3, conversion_rate: 1 });
  });

  test('is one without a Stripe customer too, when a browser was joined with another between two payments', async () => {
    const guests = 'guests';
    const visits = (visitor: string) => [touch(visitor, '2026-11-01T00:00:00Z', 'google')];
    const names = Array.from({ length: 8 }, (_, index) => String(index));
    await credits(
      names.flatMap((name) => {
        const [phone, desk] = [visits(`phone-${name}`), [touch(`desk-${name}`, '2026-11-05T00:00:00Z', '')]];
        return [
          { id: `ch_${name}`, when: '2026-11-02T12:00:00Z', path: phone },
          { id: `ch_${name}_later`, when: '2026-11-06T12:00:00Z', path: [...phone, ...desk] },
        ].flatMap(({ id, when, path }) => {
          const paid = payment(guests, id, when);
          return creditRows(paid, [entry(paid, 'charge', 10_00)], path);
        });
      }),
    );
    const metrics = ['conversions', 'customers', 'new_customers', 'lifetime_value'] as const;
    const totals = { conversions: 16, customers: 8, new_customers: 8, lifetime_value: 20_00 };
    for (const model of ['first_touch', 'linear'] as const) {
      assert.deepEqual((await report(guests, { metrics, model })).totals, totals);
    }
  });

  test('averages of very large amounts keep their last unit', async () => {
    const paid = payment('large', 'ch_large', '2026-11-10T12:00:00Z');
    await credits(
      creditRows(paid, [entry(paid, 'charge', 761_011_363_149)], [touch('v', '2026-11-01T00:00:00Z', 'x')]),
    );
    const { totals } = await report('large', { metrics: ['average_order_value'] });
    assert.deepEqual(totals, { average_order_value: 761_011_363_149 });
  });
});
