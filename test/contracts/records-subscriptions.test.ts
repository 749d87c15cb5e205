import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { movementRows, rateOf } from '../../src/core/movement-row.ts';
import type { SubscriptionRow } from '../../src/storage/records/records-subscriptions.ts';
import { addConnection, describeStores, makeTouchpoint, type OpenedRecords } from './record-stores.ts';

describeStores('subscriptions in the records store', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  const row = (site: string, id: string, startedAt: number): SubscriptionRow => ({
    site,
    mode: 'live',
    subscription: id,
    connection: 'c1',
    customer: 'cus_1',
    currency: 'usd',
    status: 'active',
    mrrMinor: 10_00,
    startedAt,
    movements: [{ at: startedAt, kind: 'new', deltaMinor: 10_00, mrrMinor: 10_00 }],
    rate: rateOf('usd', { above: 1n, below: 1n }, ''),
    touchpoint: makeTouchpoint('v1', 500),
    reason: '',
  });

  test('a request that was made again while it was worked on is not finished', async () => {
    const { site, id: connection } = await addConnection(records);
    await records.subscriptions.request(site, connection, ['sub_1', 'sub_2', 'sub_1'], 10);
    const [first, second, ...more] = await records.subscriptions.due(10, 5);
    assert.deepEqual([first?.id, second?.id, more], ['sub_1', 'sub_2', []]);
    assert.deepEqual(await records.subscriptions.due(9, 5), []);
    await records.subscriptions.request(site, connection, ['sub_1'], 20);
    await records.subscriptions.finish(first!);
    await records.subscriptions.finish(second!);
    const left = await records.subscriptions.due(10, 5);
    assert.deepEqual(
      left.map((request) => request.id),
      ['sub_1'],
      'and it does not wait for the later time',
    );
    await records.subscriptions.postpone(left[0]!, 'why', 50);
    assert.deepEqual(await records.subscriptions.due(49, 5), []);
    assert.equal((await records.subscriptions.due(50, 5))[0]?.attempts, 1);
    await records.subscriptions.finish((await records.subscriptions.due(50, 5))[0]!);
    assert.deepEqual(await records.subscriptions.due(1_000, 5), []);
  });

  test('what is known to come waits for its time, unless something happens before', async () => {
    const { site, id: connection } = await addConnection(records);
    await records.subscriptions.request(site, connection, ['sub_later'], 5_000);
    assert.deepEqual(await records.subscriptions.due(4_999, 5), []);
    await records.subscriptions.request(site, connection, ['sub_later'], 100);
    assert.equal((await records.subscriptions.due(100, 5)).length, 1);
  });

  test('rows come back value for value, newest first, page by page', async () => {
    const { site } = await addConnection(records);
    const rows = [1, 2, 3].map((number) => row(site, `sub_${number}`, 1_000 * number));
    for (const one of rows) await records.subscriptions.put(one);
    assert.deepEqual(await records.subscriptions.get(site, 'sub_2'), rows[1]);
    assert.equal(await records.subscriptions.get(site, 'sub_9'), null);
    const first = await records.subscriptions.list(site, 'live', 2, null);
    assert.deepEqual(first.subscriptions, [rows[2], rows[1]]);
    const next = await records.subscriptions.list(site, 'live', 2, first.next);
    assert.deepEqual([next.subscriptions, next.next], [[rows[0]], null]);
    assert.deepEqual((await records.subscriptions.list(site, 'test', 2, null)).subscriptions, []);
    await records.subscriptions.put({ ...rows[1]!, mrrMinor: 0, status: 'canceled' });
    assert.equal((await records.subscriptions.get(site, 'sub_2'))?.status, 'canceled');
  });

  test('all that are known of a site are asked for', async () => {
    const { site, id: connection } = await addConnection(records);
    const object = { kind: 'subscription', createdAt: 1, customer: null, latestInvoice: null } as const;
    for (const id of ['sub_a', 'sub_b']) await records.objects.put(connection, { ...object, evidence: [], id }, []);
    assert.equal(await records.subscriptions.requestAll(site, 7), 2);
    const due = await records.subscriptions.due(7, 50);
    assert.deepEqual(
      due.filter((request) => request.site === site).map((request) => request.id),
      ['sub_a', 'sub_b'],
    );
  });

  test('movements travel through the outbox beside credits', async () => {
    const store = await stores.fresh();
    const movements = movementRows(row('s1', 'sub_1', 1_000));
    await store.outbox.add([{ table: 'credits', columns: ['site'], lines: ['["s1"]'] }, ...movements]);
    const { written, movements: found } = (await store.outbox.nextBatch(10))!;
    assert.deepEqual([written, found], [[{ table: 'credits', columns: ['site'], text: '["s1"]' }], movements]);
  });
});
