import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createPacker } from '../../src/storage/records/credit-pack.ts';
import type { OutboxBatch } from '../../src/storage/records/records-outbox.ts';
import {
  addConnection,
  addSite,
  describeStores,
  makeCredit,
  makeEntry,
  makeTouchpoint,
  type OpenedRecords,
} from './record-stores.ts';

const WORKERS = 64;

describeStores('work in the records store', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  /** Workers of four processes: each on a handle of its own, as if in another process. */
  const workersOf = (store: OpenedRecords) => {
    const handles = [store, ...[1, 2, 3].map(() => stores.open(stores.addressOf(store)))];
    return Array.from({ length: WORKERS }, (_, index) => ({
      name: `worker-${index}`,
      records: handles[index % handles.length]!,
    }));
  };
  const addEvent = (connection: string, eventId: string, receivedAt = 100) =>
    records.inbox.add({ connection, eventId, type: 'charge.succeeded', body: 'sealed', receivedAt });

  test('a webhook is stored once, whoever delivers it how often', async () => {
    const { id: connection, site } = await addConnection(records);
    const answers = await Promise.all(
      workersOf(records).map((worker) =>
        worker.records.inbox.add({ connection, eventId: 'evt_1', type: 't', body: worker.name, receivedAt: 5 }),
      ),
    );
    assert.equal(answers.filter(Boolean).length, 1);
    assert.deepEqual(await records.inbox.counts(site), { pending: 1, done: 0, dead: 0, quarantined: 0 });
    const foreign = { connection, eventId: 'evt_2', type: 't', body: 'b', receivedAt: 6 };
    assert.equal(await records.inbox.add({ ...foreign, state: 'quarantined', reason: 'other account' }), true);
    assert.deepEqual(await records.inbox.counts(site), { pending: 1, done: 0, dead: 0, quarantined: 1 });
    const [claimed, ...others] = await records.inbox.claim('me', 10, 1000, 50);
    assert.equal(claimed?.eventId, 'evt_1');
    assert.deepEqual(others, [], 'quarantined rows are nobody’s work');
  });

  test(`${WORKERS} workers claim each webhook once, the oldest first`, async () => {
    const store = await stores.fresh();
    const { id: connection } = await addConnection(store);
    for (let index = 0; index < 200; index++) {
      const row = { connection, eventId: `evt_${index}`, type: 't', body: 'b', receivedAt: 1000 - index };
      await store.inbox.add(row);
    }
    const claims = await Promise.all(
      workersOf(store).map((worker) => worker.records.inbox.claim(worker.name, 2000, 60_000, 4)),
    );
    for (const rows of claims) {
      assert.ok(rows.length <= 4);
      const times = rows.map((row) => row.receivedAt);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
    }
    const rest = await store.inbox.claim('last', 2000, 60_000, 500);
    const ids = [...claims.flat(), ...rest].map((row) => row.eventId);
    assert.equal(ids.length, 200);
    assert.equal(new Set(ids).size, 200);
    assert.deepEqual(await store.inbox.claim('nobody', 2000, 60_000, 500), []);
  });

  test('a lease that ran out is claimed again, and the late worker is refused', async () => {
    const { id: connection } = await addConnection(records);
    await addEvent(connection, 'evt_1');
    const claim = async (owner: string, now: number) =>
      (await records.inbox.claim(owner, now, 1000, 500)).find((row) => row.connection === connection);
    const slow = (await claim('slow', 200))!;
    assert.equal(await claim('quick', 1199), undefined, 'still leased');
    const quick = (await claim('quick', 1200))!;
    assert.deepEqual([slow.fence, quick.fence, quick.attempts], [1, 2, 2]);
    assert.equal(await records.inbox.done(slow, 1300), false);
    assert.equal(await records.inbox.fail(slow, 'late', 1400), false);
    assert.equal(await records.inbox.done(quick, 1300), true);
    assert.equal(await records.inbox.done(quick, 1301), false, 'done once');
    assert.equal(await claim('anybody', 9999), undefined);
  });

  test('a failed webhook waits, then dies visibly, and can be replayed', async () => {
    const { id: connection, site } = await addConnection(records);
    await addEvent(connection, 'evt_1');
    await addEvent(connection, 'evt_2');
    const claim = async (now: number) =>
      (await records.inbox.claim('w', now, 1000, 500)).filter((row) => row.connection === connection);
    const [first, second] = await claim(200);
    assert.equal(await records.inbox.fail(first!, 'x'.repeat(100_000), 5000), true);
    assert.equal(await records.inbox.done(second!, 300), true);
    assert.deepEqual(await claim(4999), []);
    const [again] = await claim(5000);
    assert.equal(again?.eventId, 'evt_1');
    assert.ok(again!.lastError!.length < 3000, 'an error text is bounded');
    assert.equal(await records.inbox.fail(again!, 'poison', null), true);
    assert.deepEqual(await claim(99_999), []);
    const dead = await records.inbox.deadLetters(site, 10);
    assert.deepEqual(
      dead.map((row) => [row.eventId, row.state, row.lastError]),
      [['evt_1', 'dead', 'poison']],
    );
    assert.equal(await records.inbox.replay('no site', null, 6000), 0);
    assert.equal(await records.inbox.replay(site, 'evt_1', 6000), 1);
    assert.equal(await records.inbox.done(again!, 6001), false, 'the claim from before the replay is void');
    assert.deepEqual(
      (await claim(6000)).map((row) => [row.eventId, row.attempts]),
      [['evt_1', 1]],
    );
    assert.equal(await records.inbox.replay(site, null, 7000), 1, 'all that is done or dead');
  });

  test('a wanted object is asked for until it is settled; a new key asks again for what was forbidden', async () => {
    const { id: connection } = await addConnection(records);
    const self = { kind: 'invoice' as const, by: null, id: 'in_1' };
    const list = { kind: 'invoice_payment' as const, by: 'payment_intent' as const, id: 'pi_1' };
    await records.wanted.add(connection, [self, list, self], 500);
    await records.wanted.add(connection, [list], 0);
    assert.deepEqual(await records.wanted.claim('w', 499, 1000, 10), [], 'webhooks may bring it first');
    const rows = await records.wanted.claim('w', 500, 1000, 10);
    assert.deepEqual(
      rows.map(({ kind, by, id }) => ({ kind, by, id })).sort((a, b) => (a.id < b.id ? -1 : 1)),
      [self, list],
    );
    const [first, second] = rows;
    assert.equal(await records.wanted.settle(first!, 'forbidden', '403'), true);
    assert.equal(await records.wanted.settle(first!, 'found', null), false);
    assert.equal(await records.wanted.fail(second!, '429', 3000), true);
    assert.deepEqual(await records.wanted.claim('w', 2999, 1000, 10), []);
    const [retried] = await records.wanted.claim('w', 3000, 1000, 10);
    assert.deepEqual([retried?.id, retried?.attempts, retried?.lastError], [second!.id, 2, '429']);
    assert.equal(await records.wanted.settle(retried!, 'absent', null), true);
    await records.wanted.add(connection, [self, list], 0);
    assert.deepEqual(await records.wanted.claim('w', 9000, 1000, 10), [], 'what is there keeps its state');
    await records.wanted.retryForbidden(connection, 9000);
    const again = await records.wanted.claim('w', 9000, 1000, 10);
    assert.deepEqual(
      again.map((row) => row.id),
      [first!.id],
    );
    const many = Array.from({ length: 1300 }, (_, index) => ({ ...self, id: `in_${index}` }));
    await records.wanted.add(connection, many, 0);
    const claims = await Promise.all(
      workersOf(records).map((worker) => worker.records.wanted.claim(worker.name, 9000, 60_000, 30)),
    );
    const ids = claims.flat().map((row) => row.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length + (await records.wanted.claim('last', 9000, 60_000, 2000)).length, 1299);
  });

  test('a request made while one is worked on is not lost', async () => {
    const { id: site } = await addSite(records);
    const mine = async (now: number) =>
      (await records.attributions.due(now, 10_000)).filter((request) => request.site === site);
    await records.attributions.request(site, ['ch_1', 'ch_2', 'ch_1'], 100, ['late_hit']);
    assert.deepEqual(await mine(99), []);
    const [first, second] = await mine(100);
    assert.deepEqual([first?.paymentId, second?.paymentId], ['ch_1', 'ch_2']);
    await records.attributions.request(site, ['ch_1'], 150, ['late_hit']);
    await records.attributions.finish(site, 'ch_1', first!.version);
    const [still] = (await mine(150)).filter((request) => request.paymentId === 'ch_1');
    assert.ok(still && still.version !== first!.version);
    await records.attributions.finish(site, 'ch_1', still.version);
    await records.attributions.request(site, ['ch_1'], 160, ['late_hit']);
    await records.attributions.finish(site, 'ch_1', still.version);
    assert.equal(await records.attributions.count(site), 2, 'a late finish does not eat the request after it');
    await records.attributions.postpone(site, 'ch_2', 'facts store is down', 9000);
    assert.deepEqual(
      (await mine(8999)).map((request) => request.paymentId),
      ['ch_1'],
    );
    const [postponed] = (await mine(9000)).filter((request) => request.paymentId === 'ch_2');
    assert.deepEqual([postponed?.attempts, postponed?.version], [1, second!.version]);
    await records.attributions.request(site, ['ch_3', 'ch_4'], 170, ['late_hit']);
    const asked = await mine(9000);
    await records.attributions.request(site, ['ch_3'], 180, ['late_hit']);
    await records.transaction(async (tx) => {
      await tx.attributions.hold(site, ['ch_4', 'ch_3', 'ch_unknown']);
      await tx.attributions.finishMany(site, asked);
    });
    assert.deepEqual(
      (await mine(9000)).map((request) => request.paymentId),
      ['ch_3'],
      'what was asked for again stays',
    );
    const many = Array.from({ length: 1200 }, (_, index) => `ch_${index}`);
    await Promise.all([
      records.attributions.request(site, many, 1, ['late_hit']),
      records.attributions.request(site, many.toReversed(), 1, ['late_hit']),
    ]);
    assert.equal(await records.attributions.count(site), 1200);
    assert.ok((await records.attributions.count()) >= 1200);
  });

  test('of many that wait the latest have their turn too', async () => {
    const store = await stores.fresh();
    const many = Array.from({ length: 300 }, (_, index) => `ch_${String(index).padStart(3, '0')}`);
    await store.attributions.request('s1', many, 1, ['recompute']);
    await store.attributions.request('s2', ['ch_new'], 2, ['new_payment']);
    const idsOf = async (limit: number) =>
      (await store.attributions.due(5, limit)).map((request) => `${request.site} ${request.paymentId}`);
    const some = await idsOf(100);
    assert.deepEqual([some[0], some.length, new Set(some).size], ['s2 ch_new', 110, 110]);
    assert.deepEqual(some.slice(10, 12), ['s1 ch_000', 's1 ch_001'], 'and the oldest most of them');
    const all = await idsOf(301);
    assert.deepEqual([all.length, new Set(all).size], [301, 301]);
  });

  test('rows and bodies from before they were packed come back as they were', async () => {
    const store = await stores.fresh();
    const touchpoint = makeTouchpoint('v1', 5);
    const credit = makeCredit('s1', makeEntry('ch_1'), touchpoint);
    const path = {
      pathOf: 'ch_1',
      site: 's1',
      mode: 'live',
      customer: null,
      endsAt: 9,
      touchpoints: [touchpoint],
      sign: 1,
    };
    for (const row of [credit, path]) {
      const values = { added_with: 'earlier', batch: null, body: JSON.stringify(row) };
      await store.db.insertInto('outbox').values(values).execute();
    }
    const packer = createPacker();
    packer.add({ ...credit, sign: -1 });
    const packedPath = JSON.stringify({ ...path, sign: -1, touchpoints: [packer.touchpoint(touchpoint)] });
    const packed = `{"paths":[${packedPath}],"others":[],${packer.text()}}`;
    await store.db.insertInto('outbox').values({ added_with: 'packed', batch: null, body: packed, held: 2 }).execute();
    await store.outbox.add([{ table: 'credits', columns: ['site', 'sign'], lines: ['["s1",1]', '["s1",-1]'] }]);
    assert.equal(await store.outbox.count(), 6);
    const batch = (await store.outbox.nextBatch(10))!;
    assert.deepEqual(
      [batch.rows, batch.paths],
      [
        [credit, { ...credit, sign: -1 }],
        [path, { ...path, sign: -1 }],
      ],
    );
    assert.deepEqual(batch.written, [{ table: 'credits', columns: ['site', 'sign'], text: '["s1",1]\n["s1",-1]' }]);

    const { payment, entry, touchpoint: _, ...row } = credit;
    const head = { visitor: 'v1', visitors: ['v1'], reason: null, usedLink: null, credits: { first_touch: [5] } };
    const rows = [{ ...row, payment: 0, entry: 0, touchpoint: 0 }];
    const body = { ...head, touchpoints: [touchpoint], payments: [payment], entries: [entry], path: [0], rows };
    const stored = { site: 's1', payment: 'ch_1', body: JSON.stringify(body) };
    await store.db.insertInto('payment_attributions').values(stored).execute();
    const found = (await store.payments.attributionsOf('s1', ['ch_1', 'ch_2'])).get('ch_1');
    assert.deepEqual(found, { ...head, path: [touchpoint], rows: [credit] });
    assert.equal((await store.payments.inputsOf('s1', ['ch_1', 'ch_2'])).size, 0);
  });

  test('a batch of the outbox keeps its rows, their order and its token until it is removed', async () => {
    const store = await stores.fresh();
    const columns = ['entry_id'];
    const linesFrom = (from: number, count: number) => Array.from({ length: count }, (_, n) => `["ch_${from + n}"]`);
    const credits = (from: number, count: number) => [{ table: 'credits', columns, lines: linesFrom(from, count) }];
    const linesIn = (batch: OutboxBatch | null) => batch!.written.flatMap(({ text }) => text.split('\n'));
    assert.deepEqual([await store.outbox.nextBatch(10), await store.outbox.span()], [null, null]);
    await store.outbox.add([]);
    await store.outbox.add(credits(0, 3));
    await store.outbox.add(credits(3, 4));
    await store.outbox.add(credits(7, 2));
    const batch = (await store.outbox.nextBatch(4))!;
    const first = { table: 'credits', columns, text: linesFrom(0, 7).join('\n') };
    assert.deepEqual(batch.written, [first], 'a re-credit is never split between two inserts');
    await store.outbox.add(credits(9, 1));
    const other = stores.open(stores.addressOf(store));
    assert.deepEqual(await other.outbox.nextBatch(1000), batch, 'exactly as it was, after a crash too');
    await store.outbox.remove('no such token');
    await store.outbox.remove(batch.token);
    assert.equal(await store.outbox.count(), 3);
    const next = await Promise.all([store.outbox.nextBatch(1000), other.outbox.nextBatch(1000)]);
    assert.deepEqual(next[0], next[1], 'two drainers get the same batch');
    assert.deepEqual(linesIn(next[0]), linesFrom(7, 3));
    const { first: oldest, last: newest } = (await store.outbox.span())!;
    assert.ok(oldest < newest);
    assert.notEqual(next[0]?.token, batch.token);
    await store.outbox.remove(next[0]!.token);
    assert.equal(await store.outbox.nextBatch(1), null);
    await store.outbox.add([...credits(0, 4200), { ...credits(4200, 1)[0]!, columns: ['other'] }]);
    assert.equal(await store.outbox.count(), 4201);
    const large = (await store.outbox.nextBatch(1))!;
    assert.deepEqual(linesIn(large), linesFrom(0, 4201));
    assert.deepEqual(
      large.written.map((some) => some.columns),
      [columns, ['other']],
      'rows that an earlier version wrote down keep its columns',
    );
  });

  test(`a job is run by one of ${WORKERS} workers, and by the next when that one stops`, async () => {
    const store = await stores.fresh();
    const job = await store.jobs.add('backfill', { connection: 'c1' }, 100);
    assert.equal(await store.jobs.claim('early', 99, 1000), null);
    const claims = await Promise.all(
      workersOf(store).map((worker) => worker.records.jobs.claim(worker.name, 100, 1000)),
    );
    const [claimed, ...others] = claims.filter((each) => each !== null);
    assert.deepEqual(others, []);
    assert.deepEqual(claimed, { ...job, state: 'running', fence: 1 });
    assert.equal(await store.jobs.progress(claimed!, { done: 5 }, 5000), true);
    assert.equal(await store.jobs.claim('next', 4999, 1000), null, 'progress renews the lease');
    const resumed = await store.jobs.claim('next', 5000, 1000);
    assert.deepEqual([resumed?.id, resumed?.fence, resumed?.progress], [job.id, 2, { done: 5 }]);
    assert.equal(await store.jobs.progress(claimed!, { done: 6 }, 9000), false);
    assert.equal(await store.jobs.finish(claimed!, null), false);
    assert.equal(await store.jobs.finish(resumed!, 'Stripe refused'), true);
    const ended = await store.jobs.get(job.id);
    assert.deepEqual([ended?.state, ended?.error, ended?.progress], ['failed', 'Stripe refused', { done: 5 }]);
    assert.equal(await store.jobs.claim('next', 99_999, 1000), null);
    assert.equal(await store.jobs.get('nothing'), null);
  });
});
