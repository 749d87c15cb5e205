// Pages whose names are not of Latin letters: what arrives escaped is shown as it is read, and found by it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { batch, keep, NOW, open, SITE, view } from '../../src/collect/collect-samples.ts';
import type { FilterNode } from '../../src/core/report.ts';
import { createReports } from '../../src/reports/report.ts';
import { createReportFiles } from '../../src/reports/report-file.ts';
import { createSolver } from '../../src/reports/solver.ts';
import { event, openReports } from './report-facts.ts';

const DAY = '2026-11-20';
/** As a browser sends them. */
const ADDRESSES = [
  '/caf%C3%A9',
  '/caf%c3%a9',
  '/cafe%CC%81',
  '/caf%C3%A9%20noir',
  '/a%2Fb',
  '/x%E2%80%AEfdp.exe',
  '/%E9',
];

describe('pages outside of Latin letters', () => {
  const { store, events } = openReports();
  const reports = () => createReports({ facts: store(), solve: createSolver(), now: () => NOW, defaultMode });
  const defaultMode = async () => 'live' as const;
  const question = { from: DAY, to: DAY, metrics: 'pageviews', order: 'page', dimensions: 'page' };
  const rows = async (filters: FilterNode[] = [], more: Record<string, string> = {}) => {
    const asked = { ...question, ...more, filter: JSON.stringify(filters) };
    const outcome = await reports().ask(SITE, asked);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value.rows.map((row) => Object.values(row).join(' '));
  };

  test('are shown as they are read, one row for each', async () => {
    for (const [index, path] of ADDRESSES.entries()) {
      const kept = await keep(view({ url: `https://shop.example${path}` }));
      await events([{ ...kept, visitor: `v${index}`, session: `s${index}` }]);
    }
    const readable = ['/%E9 1', '/a%2Fb 1', '/café 3', '/café%20noir 1', '/x%E2%80%AEfdp.exe 1'];
    assert.deepEqual(await rows(), readable);
    for (const page of ['landing_page', 'exit_page']) {
      assert.deepEqual(await rows([], { dimensions: page, order: page }), readable, page);
    }
    const file = await createReportFiles(reports().askWith)(SITE, question);
    assert.ok(file.ok && file.value.csv.includes('\r\n/café,3\r\n'));
  });

  test('are found by what is seen, by their escapes, and where they were kept escaped', async () => {
    await events([
      event(SITE.id, 'old', `${DAY}T10:00:00Z`, { path: '/caf%C3%A9' }),
      event(SITE.id, 'older', `${DAY}T10:00:00Z`, { path: '/caf%c3%a9' }),
    ]);
    const cafe = ['/caf%C3%A9 1', '/caf%c3%a9 1', '/café 3'];
    for (const written of ['/café', '/caf%C3%A9', '/cafe\u0301']) {
      assert.deepEqual(await rows([['page', 'is', [written]]]), cafe, written);
      assert.deepEqual(await rows([['or', ['page', 'is', [written]], ['page', 'is', ['/a%2Fb']]]]), [
        '/a%2Fb 1',
        ...cafe,
      ]);
    }
    const others = ['/%E9 1', '/a%2Fb 1', '/x%E2%80%AEfdp.exe 1'];
    assert.deepEqual(await rows([['page', 'contains', ['É']]]), ['/café 3', '/café%20noir 1']);
    assert.deepEqual(await rows([['page', 'contains', ['fé']]]), [...cafe, '/café%20noir 1'].sort());
    assert.deepEqual(await rows([['landing_page', 'does_not_contain', ['é']]]), others);
    assert.deepEqual(await rows([['page', 'is_not', ['/café']]]), [...others, '/café%20noir 1'].sort());
    assert.deepEqual(await rows([['page', 'contains', ['é n']]]), ['/café%20noir 1']);
    assert.deepEqual(await rows([['page', 'is', ['/a/b']]]), []);
  });

  test('are excluded by what a person writes of them', async () => {
    const settings = { ...SITE.settings, excludedPaths: ['/privé', '/mon espace', '/%D0%BF'] };
    const { post } = await open({ findSite: () => ({ ...SITE, settings }) });
    const at = (path: string) => view({ url: `https://shop.example${path}` });
    const result = await post(
      batch(at('/priv%C3%A9/x'), at('/privé'), at('/mon%20espace'), at('/п/1'), at('/priv%C3%A9e')),
    );
    assert.deepEqual(result, { status: 202, accepted: 1, dropped: { excluded: 4 } });
  });
});
