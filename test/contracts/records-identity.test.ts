// Requests with their reasons, words on links, the restatement log and alerts, on both stores.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createHandOver } from '../../src/payments/link.ts';
import { linkId } from '../../src/payments/link-id.ts';
import { createVerdicts } from '../../src/payments/verdict.ts';
import { createExplain } from '../../src/payments/explain.ts';
import type { Restatement } from '../../src/core/restatement.ts';
import { BadCursor } from '../../src/storage/records/records.ts';
import { addConnection, addSite, describeStores, makePayment, type OpenedRecords } from './record-stores.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const now = () => NOW;

describeStores('identity', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('a request keeps every reason it was made for, each once', async () => {
    const { id: site } = await addSite(records);
    await records.attributions.request(site, ['ch_1', 'ch_2'], 1, ['late_hit']);
    await records.attributions.request(site, ['ch_2'], 1, ['refund', 'late_link']);
    await records.attributions.request(site, ['ch_2', 'ch_1'], 1, (id) => (id === 'ch_1' ? ['late_hit'] : ['refund']));
    const asked = await records.attributions.reasonsOf(site, ['ch_1', 'ch_3']);
    assert.deepEqual([...asked], [['ch_1', ['late_hit']]]);
    const due = await records.attributions.due(1, 10);
    assert.deepEqual(
      due.map(({ paymentId, reasons }) => [paymentId, reasons.toSorted()]),
      [
        ['ch_1', ['late_hit']],
        ['ch_2', ['late_hit', 'late_link', 'refund']],
      ],
    );
  });

  test('the latest word on a link counts, and all of them stay', async () => {
    const { id: site } = await addSite(records);
    const other = await addSite(records, 'other.example');
    const named = { object: 'cs_1', field: 'metadata.hw_visitor_id', value: `v'1"` };
    const said = { ...named, link: linkId(named), by: 'Ada', why: 'a reason' };
    const rejected = async (of = site) => (await records.verdicts.rejected(of)).map(({ link }) => link);
    await records.verdicts.add(site, { ...said, verdict: 'rejected', at: 1 });
    assert.deepEqual([await rejected(), await rejected(other.id)], [[said.link], []]);
    assert.deepEqual([...(await records.verdicts.rejectedKeys(site))], [JSON.stringify(Object.values(named))]);
    await records.verdicts.add(site, { ...said, verdict: 'reinstated', at: 2 });
    assert.deepEqual([await rejected(), (await records.verdicts.latest(site, said.link))!.verdict], [[], 'reinstated']);
    await records.verdicts.add(site, { ...said, verdict: 'rejected', at: 3 });
    const all = await records.verdicts.of(site, [said.link, 'none']);
    assert.deepEqual([await rejected(), all.map(({ at }) => at)], [[said.link], [1, 2, 3]]);
  });

  test('the log is read page by page, narrowed by payment, reason, mode and age', async () => {
    const { id: site } = await addSite(records);
    const restated = (payment: string, reasons: Restatement['reasons'], mode: 'live' | 'test' = 'live') => ({
      ...{
        payment,
        mode,
        reasons,
        at: NOW,
        visitor: [null, 'v1'] as [null, string],
        visitors: [0, 1] as [number, number],
      },
      ...{ unattributed: ['no_visitor_id', null] as [string, null], changes: [] },
    });
    const rows = [
      restated('ch_1', ['late_hit']),
      restated('ch_2', ['refund', 'late_link']),
      restated('ch_1', ['refund']),
    ];
    await records.restatements.add(site, [...rows, restated('ch_t', ['refund'], 'test')], new Map([['ch_1', 5_000]]));
    const list = async (page: Partial<Parameters<typeof records.restatements.list>[1]> = {}) => {
      const answer = await records.restatements.list(site, { mode: 'live', limit: 10, cursor: null, ...page });
      return {
        next: answer.next,
        shown: answer.restatements.map(({ payment, reasons }) => `${payment} ${reasons.join()}`),
      };
    };
    const all = ['ch_1 refund', 'ch_2 refund,late_link', 'ch_1 late_hit'];
    assert.deepEqual((await list()).shown, all);
    const first = await list({ limit: 2 });
    assert.deepEqual(
      [first.shown, (await list({ limit: 2, cursor: first.next })).shown],
      [all.slice(0, 2), all.slice(2)],
    );
    assert.deepEqual((await list({ payment: 'ch_1' })).shown, [all[0], all[2]]);
    assert.deepEqual((await list({ reason: 'late_link' })).shown, [all[1]]);
    assert.deepEqual((await list({ minAgeMs: 5_000 })).shown, [all[0], all[2]]);
    assert.deepEqual((await list({ mode: 'test' })).shown, ['ch_t refund']);
    await assert.rejects(list({ cursor: `1' or '1'='1` }), BadCursor);
  });

  test('people, hits and bookings that take the same payments at once wait for each other and end', async () => {
    const site = await addSite(records);
    const connection = await addConnection(records, site.id);
    const ids = Array.from({ length: 40 }, (_, index) => `ch_${index}`);
    const links = [1, 2, 3].map((rung) => ({
      ...{ object: `cs_${rung}`, field: 'metadata.hw_visitor_id', value: `v${rung}`, seenAt: 1, rung },
      claim: 'visitor' as const,
    }));
    for (const id of ids) {
      await records.payments.upsert(makePayment(site.id, id, { connection: connection.id, mode: 'test' }));
      await records.payments.setLinks(site.id, id, links);
    }
    const verdicts = createVerdicts({ records, now, connectedBy: createExplain({ records }) });
    const handOver = createHandOver({ records, now });
    const identify = (visitor: string, value: string) =>
      handOver([
        {
          ...{ site: site.id, visitors: ['v3', 'v2', 'v1'], sessions: [], checkouts: [] },
          identifies: [{ kind: 'app_id', value, visitor, seenAt: 1 }],
        },
      ]);
    for (let round = 0; round < 3; round += 1) {
      const said = (link: (typeof links)[number]) => ({ link: linkId(link), by: 'Ada', why: '' });
      const outcomes = await Promise.all([
        ...links.map((link) => verdicts.reject(site, 'ch_7', said(link))),
        identify('v1', 'app-1'),
        identify('v2', 'app-1'),
        verdicts.reject(site, 'ch_9', said(links[0]!)),
        records.attributions.request(site.id, ids.toReversed(), NOW, ['recompute']),
      ]);
      const done = outcomes.filter((outcome) => typeof outcome === 'object' && outcome.ok);
      assert.deepEqual([done.length, (await records.verdicts.rejectedKeys(site.id)).size], [3, 3]);
      await Promise.all(links.map((link) => verdicts.reinstate(site, said(link))));
      assert.equal((await records.verdicts.rejectedKeys(site.id)).size, 0);
    }
    assert.equal(await records.attributions.count(site.id), ids.length);
  });

  test('an alert stands once, is told once for each that tells, and ends once', async () => {
    const { id: site } = await addSite(records);
    const counted = { payments: 10, attributed: 1 };
    const detail = { since: 5, windowMs: 1, recent: counted, past: counted, reasons: {} };
    const alert = { site, mode: 'live', kind: 'coverage', since: 5, openedAt: 10, detail } as const;
    const hook = { sealedUrl: 'u', host: 'h', sealedSecret: 's', createdAt: 1 };
    await records.alerts.setHook(site, hook);
    const raised = (await Promise.all([1, 2, 3].map(() => records.alerts.raise(alert)))).filter((it) => it !== null);
    assert.equal(raised.length, 1);
    assert.deepEqual(await records.alerts.standing(site, 'live'), raised[0]);
    assert.equal(await records.alerts.standing(site, 'test'), null);
    const claims = (await Promise.all(['a', 'b', 'c'].map((owner) => records.alerts.claim(owner, 10, 1_000)))).filter(
      (it) => it !== null,
    );
    assert.deepEqual(
      claims.map(({ happened, attempts }) => [happened, attempts]),
      [['raised', 1]],
    );
    const [late] = claims;
    const again = (await records.alerts.claim('d', 2_000, 1_000))!;
    assert.equal(await records.alerts.settle(late!, { error: null, retryAt: null }), false, 'the lease was lost');
    assert.equal(await records.alerts.settle(again, { error: 'x', retryAt: 3_000 }), true);
    assert.equal(await records.alerts.claim('d', 2_999, 1_000), null);
    const last = (await records.alerts.claim('d', 3_000, 1_000))!;
    assert.equal(await records.alerts.settle(last, { error: null, retryAt: null }), true);
    const how = { resolvedAt: 20, resolution: 'back', resolvedBy: null, now: 21 } as const;
    const ends = await Promise.all([1, 2].map(() => records.alerts.resolve(site, raised[0]!.id, how)));
    assert.deepEqual(ends.toSorted(), [false, true]);
    assert.deepEqual(
      (await records.alerts.deliveries(site, 10)).map(({ happened, state }) => `${happened} ${state}`),
      ['resolved waiting', 'raised done'],
    );
    await records.alerts.setHook(site, null);
    assert.equal(await records.alerts.queueTest(site, 1), false);
    assert.equal(await records.alerts.claim('d', 9_999, 1), null, 'nobody is left to be told');
  });
});
