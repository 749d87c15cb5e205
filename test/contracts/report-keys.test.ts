// Sessions and payments are told apart in reports by hashes that the store keeps beside them: answers are the same on a store
// that was filled before they were there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { creditRows } from '../../src/core/attribution/credits.ts';
import { createReport } from '../../src/storage/facts/report.ts';
import { ENGINES, type OpenStore } from './facts-engines.ts';
import { ask, entry, event, payment, touch } from './report-facts.ts';

const SITE = 'site-1';
const RANGE = { from: '2026-03-01', to: '2026-03-03' };
const KEYS = [
  'sessions DROP COLUMN visitor_key, DROP COLUMN session_key',
  'credits DROP COLUMN payment_key, DROP COLUMN payer_key',
];

/** One row; several rows, not merged; over midnight; over two midnights, with hours between. */
const EARLIER = [
  [event(SITE, 'v1', '2026-03-02T10:00:00Z', { source: 'google' })],
  [event(SITE, 'v2', '2026-03-02T11:00:00Z', { source: 'news' })],
  [event(SITE, 'v2', '2026-03-02T11:05:00Z')],
  [event(SITE, 'v3', '2026-03-02T23:55:00Z', { source: 'google' }), event(SITE, 'v3', '2026-03-03T00:05:00Z')],
  [event(SITE, 'v4', '2026-03-01T20:00:00Z', { source: 'bing' }), event(SITE, 'v4', '2026-03-03T09:00:00Z')],
];
/** The first of its session, told last. */
const LATER = [
  event(SITE, 'v3', '2026-03-02T23:50:00Z', { source: 'news' }),
  event(SITE, 'v5', '2026-03-03T12:00:00Z'),
];

function credits(id: string, visitor: string, customer: string | null) {
  const paid = payment(SITE, id, '2026-03-03T10:00:00Z', { customer });
  return creditRows(paid, [entry(paid, 'charge', 1_000)], [touch(visitor, '2026-03-02T10:00:00Z', 'google')]);
}

async function answers({ client }: OpenStore) {
  const report = createReport(client);
  const by = (metrics: Parameters<typeof ask>[1] & object) => report(ask(SITE, { ...RANGE, ...metrics }));
  const visits = await by({ metrics: ['visitors', 'sessions', 'pageviews', 'bounce_rate'], dimensions: ['source'] });
  const money = await by({ metrics: ['customers', 'conversions', 'new_customers'], dimensions: ['source'] });
  return { visits: [visits.rows, visits.totals], money: [money.rows, money.totals] };
}

describe('a store that was filled before reports had keys', () => {
  test('answers as before, and as one that was filled after', async () => {
    const [older, newer] = [await ENGINES[0]!.open(), await ENGINES[0]!.open()];
    try {
      for (const store of [older, newer]) await store.facts.migrate();
      for (const change of KEYS) await older.client.command(`ALTER TABLE ${change}`);
      await older.client.command(
        'ALTER TABLE schema_migrations DELETE WHERE version >= 15 SETTINGS mutations_sync = 1',
      );
      for (const [part, events] of EARLIER.entries()) {
        for (const store of [older, newer]) await store.facts.insertEvents(events, `part-${part}`);
      }
      for (const store of [older, newer]) {
        await store.facts.insertCredits(
          [...credits('ch_1', 'v1', 'cus_1'), ...credits('ch_2', 'v2', null)],
          'credits-1',
        );
      }
      await older.facts.migrate();
      for (const store of [older, newer]) {
        await store.facts.insertEvents(LATER, 'part-later');
        await store.facts.insertCredits(
          [...credits('ch_3', 'v1', 'cus_1'), ...credits('ch_4', 'v2', null)],
          'credits-2',
        );
      }
      const { visits, money } = await answers(older);
      assert.deepEqual({ visits, money }, await answers(newer));
      assert.deepEqual(visits, [
        [
          { source: 'news', visitors: 2, sessions: 2, pageviews: 5, bounce_rate: 0 },
          { source: '(direct)', visitors: 1, sessions: 1, pageviews: 1, bounce_rate: 1 },
          { source: 'bing', visitors: 1, sessions: 1, pageviews: 2, bounce_rate: 0 },
          { source: 'google', visitors: 1, sessions: 1, pageviews: 1, bounce_rate: 1 },
        ],
        { visitors: 5, sessions: 5, pageviews: 9, bounce_rate: 0.4 },
      ]);
      assert.deepEqual(money[0], [{ source: 'google', customers: 2, conversions: 4, new_customers: 2 }]);
    } finally {
      await Promise.all([older.close(), newer.close()]);
    }
  });
});
