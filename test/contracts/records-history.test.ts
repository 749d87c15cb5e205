import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ReconciledDay, Residual } from '../../src/storage/records/records-history.ts';
import { addConnection, addSite, describeStores, type OpenedRecords } from './record-stores.ts';

const DAY_MS = 86_400_000;

describeStores('history in the records store', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('a poll that writes a gap down and a webhook that waits for what it polled do not wait for each other', async () => {
    const { id: connection } = await addConnection(records);
    const row = (eventId: string) => ({ connection, eventId, type: 'charge.succeeded', body: 'x', receivedAt: 1 });
    const polled = { eventAt: 1, isExpected: true };
    await records.inbox.add({ ...row('evt_1'), polled });
    const [delivering, storing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const webhooks = records.transaction(async (tx) => {
      await tx.inbox.delivered(connection, 'evt_1');
      delivering.resolve();
      // SQLite has one writer: there the poll begins when this has ended.
      if (stores.engine === 'PostgreSQL') await storing.promise;
      return tx.inbox.add(row('evt_2'));
    });
    await delivering.promise;
    const poll = records.transaction(async (tx) => {
      await tx.inbox.add({ ...row('evt_2'), polled });
      storing.resolve();
      const missed = (await tx.inbox.undelivered(connection, 2, 10)).map(({ eventId }) => eventId);
      await tx.inbox.assignGap(connection, missed, 'gap');
      return missed;
    });
    const isNew = stores.engine === 'SQLite';
    assert.deepEqual(await Promise.all([webhooks, poll]), [isNew, isNew ? [] : ['evt_2']]);
  });

  test('a cursor is made once and leased to one; a late save is refused', async () => {
    const { id } = await addConnection(records);
    assert.equal(await records.cursors.get(id, 'poll'), null);
    await records.cursors.ensure(id, 'poll', { from: 1 }, 100);
    await records.cursors.ensure(id, 'poll', { from: 2 }, 999);
    assert.deepEqual(await records.cursors.get(id, 'poll'), {
      connection: id,
      name: 'poll',
      body: { from: 1 },
      dueAt: 100,
      fence: 0,
    });
    const claim = (now: number) => records.cursors.claim('poll', 'me', now, 50);
    assert.equal(await claim(99), null, 'not due');
    assert.equal(await records.cursors.claim('other', 'me', 100, 50), null, 'another name');
    const slow = (await claim(100))!;
    assert.equal(await claim(149), null, 'leased');
    const quick = (await claim(150))!;
    assert.deepEqual([slow.fence, quick.fence], [1, 2]);
    assert.equal(await records.cursors.save(slow, { from: 3 }, 900), false);
    assert.equal(await records.cursors.save(quick, { from: 4 }, 900), true);
    await records.cursors.put(id, 'poll', { from: 5 }, 950);
    assert.equal(await records.cursors.save(quick, { from: 6 }, 0), false, 'put takes it from the holder');
    const now = (await records.cursors.get(id, 'poll'))!;
    assert.deepEqual([now.body, now.dueAt, now.fence], [{ from: 5 }, 950, 3]);
    await records.cursors.put(id, 'fresh', {}, 5);
    assert.equal((await records.cursors.get(id, 'fresh'))?.fence, 0);
  });

  test('64 claims at once share the due cursors without doubles', async () => {
    const store = await stores.fresh();
    const connections = await Promise.all(Array.from({ length: 8 }, () => addConnection(store)));
    for (const { id } of connections) await store.cursors.ensure(id, 'poll', {}, 10);
    const other = stores.open(stores.addressOf(store));
    const claims = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        (index % 2 ? store : other).cursors.claim('poll', `w${index}`, 20, 1000),
      ),
    );
    const taken = claims.flatMap((row) => row?.connection ?? []);
    assert.equal(new Set(taken).size, taken.length, 'no cursor has two holders');
    while (true) {
      const rest = await store.cursors.claim('poll', 'last', 20, 1000);
      if (!rest) break;
      taken.push(rest.connection);
    }
    assert.deepEqual(taken.toSorted(), connections.map(({ id }) => id).toSorted());
  });

  test('gaps are listed by site, newest first, and grow', async () => {
    const site = (await addSite(records)).id;
    const [a, b, foreign] = await Promise.all([
      addConnection(records, site),
      addConnection(records, site),
      addConnection(records),
    ]);
    const gap = (connection: string, toAt: number, by: 'events' | 'lists' = 'events') =>
      records.gaps.add({
        connection,
        fromAt: toAt - 10,
        toAt,
        foundAt: toAt + 5,
        by,
        brought: { 'charge.succeeded': 1 },
      });
    const old = await gap(a.id, 100);
    const recent = await gap(b.id, 300);
    const lists = await gap(a.id, 400, 'lists');
    await gap(foreign.id, 500);
    assert.deepEqual(
      (await records.gaps.ofSite(site, 10)).map(({ id }) => id),
      [lists.id, recent.id, old.id],
    );
    assert.deepEqual(
      (await records.gaps.ofSite(site, 1)).map(({ id }) => id),
      [lists.id],
    );
    assert.equal((await records.gaps.latest(a.id))?.id, old.id, 'only gaps of events can be gone on with');
    const change = { fromAt: 80, toAt: 150, foundAt: 160, brought: { 'charge.succeeded': 3, 'refund.created': 1 } };
    await records.gaps.update(old.id, change);
    assert.deepEqual(await records.gaps.get(old.id), { ...old, ...change });
    assert.equal(await records.gaps.get('none'), null);
    assert.equal(await records.gaps.latest('none'), null);
  });

  test('deliveries keep the first and the last time of each type', async () => {
    const { id } = await addConnection(records);
    for (const [type, at] of [
      ['charge.succeeded', 10],
      ['refund.created', 20],
      ['charge.succeeded', 30],
    ] as const)
      await records.deliveries.seen(id, type, at);
    assert.deepEqual(await records.deliveries.ofConnection(id), [
      { type: 'charge.succeeded', firstAt: 10, lastAt: 30 },
      { type: 'refund.created', firstAt: 20, lastAt: 20 },
    ]);
    assert.deepEqual(await records.deliveries.ofConnection('none'), []);
  });

  test('a reconciled day replaces what was said of it before', async () => {
    const site = (await addSite(records)).id;
    const { id } = await addConnection(records, site);
    const residual: Residual = {
      name: 'fee_differs',
      day: '2026-11-02',
      currency: 'usd',
      amountMinor: -3,
      count: 1,
      type: 'charge',
      objects: ['ch_1', 'txn_1'],
      detail: 'the ledger holds another fee than Stripe',
    };
    const day = (date: string, currency: string, residuals: Residual[] = []): ReconciledDay => ({
      connection: id,
      day: date,
      currency,
      providerMinor: 9_007_199_254_740_991,
      ledgerMinor: -5,
      residuals,
      checkedAt: 7,
    });
    const first = [day('2026-11-01', 'usd'), day('2026-11-02', 'eur'), day('2026-11-02', 'usd', [residual])];
    await records.reconciliations.replace(id, '2026-11-01', '2026-11-02', first);
    assert.deepEqual(await records.reconciliations.between(id, '2026-11-01', '2026-11-02'), first);
    assert.deepEqual(
      (await records.reconciliations.ofSite(site, 2)).map((it) => [it.day, it.currency]),
      [
        ['2026-11-02', 'eur'],
        ['2026-11-02', 'usd'],
      ],
    );
    // On the second look euros did not move that day.
    await records.reconciliations.replace(id, '2026-11-02', '2026-11-02', [day('2026-11-02', 'usd')]);
    assert.deepEqual(await records.reconciliations.between(id, '2026-10-31', '2026-11-30'), [
      day('2026-11-01', 'usd'),
      day('2026-11-02', 'usd'),
    ]);
    await records.reconciliations.replace(id, '2026-11-01', '2026-11-30', []);
    assert.deepEqual(await records.reconciliations.ofSite(site, 10), []);
  });

  test('bodies are purged in batches some time after the webhook was finished; the row stays', async () => {
    const store = await stores.fresh();
    const { id: connection, site } = await addConnection(store);
    const add = (eventId: string, receivedAt: number, more: object = {}) =>
      store.inbox.add({
        connection,
        eventId,
        type: 'charge.succeeded',
        body: `sealed ${eventId}`,
        receivedAt,
        ...more,
      });
    for (const name of ['done', 'late', 'dead', 'waiting']) await add(name, 0);
    await add('apart', 0, { state: 'quarantined', reason: 'another account' });
    const rows = new Map((await store.inbox.claim('w', 10, 5, 10)).map((row) => [row.eventId, row]));
    await store.inbox.done(rows.get('done')!, 20);
    await store.inbox.done(rows.get('late')!, DAY_MS);
    await store.inbox.fail(rows.get('dead')!, 'poison', null);
    await store.inbox.fail(rows.get('waiting')!, 'try again', 2 * DAY_MS);

    assert.equal(await store.inbox.purge(0, 10), 0, 'nothing is old enough');
    assert.equal(await store.inbox.purge(1_000, 2), 2, 'a batch');
    assert.equal(await store.inbox.purge(1_000, 2), 1, 'and the rest');
    assert.equal(await store.inbox.purge(1_000, 2), 0);
    const bodies = async (state: 'pending' | 'done' | 'dead' | 'quarantined') =>
      (await store.inbox.rows(site, state, 10)).map((row) => [row.eventId, row.body]).toSorted();
    assert.deepEqual(await bodies('done'), [
      ['done', null],
      ['late', 'sealed late'],
    ]);
    assert.deepEqual(await bodies('dead'), [['dead', null]]);
    assert.deepEqual(await bodies('quarantined'), [['apart', null]]);
    assert.deepEqual(await bodies('pending'), [['waiting', 'sealed waiting']], 'what waits needs its body');
    assert.deepEqual((await store.inbox.deadLetters(site, 10))[0]?.lastError, 'poison', 'why it died is still told');
    assert.equal(await add('done', 5), false, 'a late duplicate is known');
    assert.deepEqual(await store.inbox.known(connection, ['done', 'dead', 'new']), ['dead', 'done'].toSorted());

    assert.equal(await store.inbox.replay(site, 'done', 50), 0, 'nothing is left to replay');
    assert.equal(await store.inbox.replay(site, null, 50, 'dead'), 0);
    assert.equal(await store.inbox.replay(site, null, 50), 1, 'the late one');
    assert.equal(await store.inbox.purge(99 * DAY_MS, 10), 0, 'replayed: it waits again and keeps its body');
  });

  test('dead letters can be replayed apart from what was processed', async () => {
    const store = await stores.fresh();
    const { id: connection, site } = await addConnection(store);
    for (const eventId of ['a', 'b', 'c'])
      await store.inbox.add({ connection, eventId, type: 't', body: 'sealed', receivedAt: 0 });
    const [a, b, c] = await store.inbox.claim('w', 10, 5, 10);
    await store.inbox.done(a!, 20);
    for (const row of [b!, c!]) await store.inbox.fail(row, 'poison', null);
    assert.equal(await store.inbox.replay(site, 'a', 30, 'dead'), 0);
    assert.equal(await store.inbox.replay(site, 'b', 30, 'dead'), 1);
    assert.equal(await store.inbox.replay(site, 'b', 30, 'dead'), 0, 'it waits already');
    assert.equal(await store.inbox.replay(site, null, 30, 'dead'), 1);
    assert.deepEqual(await store.inbox.counts(site), { pending: 2, done: 1, dead: 0, quarantined: 0 });
  });
});
