// How long a page was in view is told by a hit of its own. It makes a visit longer, and nothing else of it different.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createReport } from '../../src/storage/facts/report.ts';
import { ENGINES } from './facts-engines.ts';
import { ask, event } from './report-facts.ts';

const SITE = 'site-1';
const HITS = [
  event(SITE, 'v1', '2026-03-02T10:00:00Z'),
  event(SITE, 'v1', '2026-03-02T10:00:30Z', { name: 'engagement' }),
  event(SITE, 'v2', '2026-03-02T11:00:00Z'),
  event(SITE, 'v2', '2026-03-02T11:00:10Z', { name: 'sign-up' }),
  // Nobody's, as before consent.
  event(SITE, '', '2026-03-02T12:00:00Z', { session: '' }),
  event(SITE, '', '2026-03-02T12:00:20Z', { session: '', name: 'engagement' }),
];

for (const { name, open } of ENGINES) {
  describe(`engagement, ${name}`, () => {
    test('prolongs a visit and is no event: one page stays a bounce', async () => {
      const store = await open();
      try {
        await store.facts.migrate();
        await store.facts.insertEvents(HITS, 'hits');
        const report = createReport(store.client);
        const by = (question: Partial<Parameters<typeof ask>[1]>) =>
          report(ask(SITE, { from: '2026-03-02', to: '2026-03-02', ...question }));
        const visits = await by({ metrics: ['sessions', 'pageviews', 'events', 'bounce_rate', 'visit_duration'] });
        const lasted = (30 + 10) / 2;
        assert.deepEqual(visits.totals, {
          sessions: 2,
          pageviews: 3,
          events: 4,
          bounce_rate: 0.5,
          visit_duration: lasted,
        });
        const pages = await by({ metrics: ['events', 'pageviews'], dimensions: ['hostname'] });
        assert.deepEqual([pages.totals.events, pages.totals.pageviews], [4, 3]);
      } finally {
        await store.close();
      }
    });
  });
}
