import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Link } from '../../src/core/link.ts';
import type { ChargeObject } from '../../src/core/payment.ts';
import { BadCursor, type Attribution } from '../../src/storage/records/records.ts';
import {
  addConnection,
  addSite,
  describeStores,
  makeCredit,
  makeEntry,
  makePayment,
  makeTouchpoint,
  type OpenedRecords,
} from './record-stores.ts';

describeStores('records', (stores) => {
  let records: OpenedRecords;
  before(async () => {
    records = await stores.fresh();
  });

  test('the default team is one, however often and by however many it is asked for', async () => {
    const teams = await Promise.all([1, 2, 3, 4].map((now) => records.teams.default(now)));
    assert.equal(new Set(teams.map((team) => team.id)).size, 1);
    const team = teams[0]!;
    assert.deepEqual(await records.teams.get(team.id), team);
    assert.equal(await records.teams.get('nothing'), null);
    const members = await records.teams.memberCount();
    await records.teams.addMember(team.id, 'ann', 'owner', 5);
    await records.teams.addMember(team.id, 'ann', 'admin', 6);
    assert.equal(await records.teams.memberCount(), members + 1);
    assert.deepEqual(await records.teams.ofMember('ann'), [team]);
    assert.deepEqual(await records.teams.ofMember('bob'), []);
  });

  test('a site keeps what it is given, and has defaults for the rest', async () => {
    const site = await addSite(records);
    assert.match(site.id, /^[1-9A-Za-z]{12}$/);
    assert.deepEqual(site.settings, {
      hosts: [],
      keptParameters: [],
      hashRouting: false,
      excludedPaths: [],
      visitorMetadataKeys: [],
      windowDays: null,
      offStripe: false,
    });
    assert.deepEqual(await records.sites.get(site.id), site);
    const settings = { ...site.settings, hashRouting: true, windowDays: 30, hosts: ['pay.shop.example'] };
    const changed = await records.sites.update(site.id, { settings, name: 'Store', domain: undefined });
    assert.deepEqual(changed, { ...site, name: 'Store', settings });
    assert.deepEqual(await records.sites.get(site.id), changed);
    assert.deepEqual(await records.sites.update(site.id, {}), changed);
    assert.equal(await records.sites.update('nothing', { name: 'x' }), null);
    assert.ok((await records.sites.list()).some((each) => each.id === site.id));
    assert.ok((await records.sites.list(site.team)).some((each) => each.id === site.id));
    assert.deepEqual(await records.sites.list('no team'), []);
    const unknownTeam = { team: 'no team', name: 'x', domain: 'x', timezone: 'UTC', currency: 'usd' };
    await assert.rejects(records.sites.add(unknownTeam, 1), /foreign key/i);
  });

  test('an API key is found by its hash until it is removed', async () => {
    const site = await addSite(records);
    const given = { site: site.id, hash: 'h1', prefix: 'hw_ab12', scopes: ['read', 'write'], expiresAt: null };
    const key = await records.keys.add(given, 10);
    assert.deepEqual(await records.keys.byHash('h1'), key);
    await records.keys.touch(key.id, 99);
    assert.deepEqual(await records.keys.list(site.id), [{ ...key, lastUsedAt: 99 }]);
    await assert.rejects(records.keys.add(given, 11), /unique/i);
    await records.keys.remove(key.id);
    assert.equal(await records.keys.byHash('h1'), null);
  });

  test('connections and their webhook secrets', async () => {
    const site = await addSite(records);
    const connection = await addConnection(records, site.id);
    assert.deepEqual(await records.connections.get(connection.id), connection);
    assert.ok(
      (await records.connections.unverified(0)).some((each) => each.id === connection.id),
      'never checked',
    );
    await records.connections.update(connection.id, { checkedAt: 500, statusReason: 'timeout', account: undefined });
    assert.ok(!(await records.connections.unverified(500)).some((each) => each.id === connection.id));
    assert.ok((await records.connections.unverified(501)).some((each) => each.id === connection.id));
    await records.connections.update(connection.id, { status: 'refused' });
    assert.ok((await records.connections.unverified(501)).some((each) => each.id === connection.id));
    await records.connections.update(connection.id, { status: 'verified', statusReason: null, sealedKey: 'sealed' });
    const permissions = { checkedAt: 7, answers: { rak_charge_read: 'granted' as const } };
    const endpoint = { state: 'created' as const, id: 'we_1', reason: null, checkedAt: 8 };
    await records.connections.update(connection.id, { permissions, endpoint, isModeChosen: true, grantedBy: 'oauth' });
    const known = await records.connections.get(connection.id);
    assert.deepEqual([known?.permissions, known?.endpoint], [permissions, endpoint]);
    assert.deepEqual([known?.isModeChosen, known?.grantedBy], [true, 'oauth']);
    const nothing = { permissions: null, endpoint: null, isModeChosen: false, grantedBy: 'key' as const };
    await records.connections.update(connection.id, nothing);
    const emptied = await records.connections.get(connection.id);
    assert.deepEqual([emptied?.permissions, emptied?.endpoint, emptied?.isModeChosen], [null, null, false]);
    const now = await records.connections.ofSite(site.id);
    assert.deepEqual(now, [{ ...connection, checkedAt: 500, status: 'verified', sealedKey: 'sealed' }]);
    assert.ok((await records.connections.all()).some((each) => each.id === connection.id));
    const first = await records.connections.addSecret(connection.id, 'one', 1);
    const second = await records.connections.addSecret(connection.id, 'two', 2);
    const expected = [first, second].map((secret) => ({ ...secret, site: site.id }));
    assert.deepEqual(await records.connections.secrets(site.id), expected);
    assert.deepEqual(await records.connections.secrets('no site'), []);
    const brief = await records.connections.add({ ...connection, site: site.id, account: 'acct_brief' }, 1);
    await records.connections.addSecret(brief.id, 'three', 3);
    await records.connections.removeSecrets(brief.id);
    assert.deepEqual(await records.connections.secrets(site.id), expected);
    assert.ok((await records.connections.secrets(null)).some((each) => each.id === second.id));
  });

  test('a merged object and what it references, found from both ends', async () => {
    const charge: ChargeObject = {
      kind: 'charge',
      id: 'ch_1',
      createdAt: null,
      evidence: [{ field: 'metadata.hw_visitor_id', value: 'v\u0000\ud83d"', seenAt: 5 }],
      paymentIntent: 'pi_1',
      customer: 'cus_1',
      invoice: null,
      balanceTransaction: null,
      currency: 'usd',
      amountMinor: 2000,
      amountCapturedMinor: 2000,
      amountRefundedMinor: 0,
      status: 'succeeded',
      failureBalanceTransaction: null,
      description: null,
    };
    await records.objects.put('c1', charge, ['pi_1', 'cus_1', 'pi_1']);
    assert.deepEqual(await records.objects.get('c1', 'ch_1'), charge);
    assert.equal(await records.objects.get('c2', 'ch_1'), null);
    await records.objects.put('c1', { ...charge, amountRefundedMinor: 500 }, ['pi_1', 'cus_2']);
    const many = Array.from({ length: 1200 }, (_, index) => `none_${index}`);
    const stored = await records.objects.getMany('c1', [...many, 'ch_1', 'ch_1']);
    assert.deepEqual(stored, [{ ...charge, amountRefundedMinor: 500 }]);
    const referencing = await records.objects.referencing('c1', [...many, 'pi_1', 'cus_1', 'cus_2']);
    assert.deepEqual(referencing.map((each) => each.to).sort(), ['cus_2', 'pi_1'], 'cus_1 is no longer referenced');
    assert.deepEqual(await records.objects.referencing('c1', ['pi_1'], ['charge']), [
      { id: 'ch_1', kind: 'charge', to: 'pi_1' },
    ]);
    assert.deepEqual(await records.objects.referencing('c1', ['pi_1'], ['refund']), []);
    assert.deepEqual(await records.objects.referencing('c2', ['pi_1']), []);
  });

  test('a ledger entry never changes', async () => {
    const { id: site } = await addSite(records);
    const charge = makeEntry('ch_1');
    const refund = makeEntry('re_1', { kind: 'refund', amountMinor: -500, occurredAt: 2_000_999 });
    await records.ledger.append(site, 'live', [refund, charge]);
    await records.ledger.append(site, 'live', [charge, refund]);
    assert.deepEqual(await records.ledger.entries(site, 'ch_1'), [charge, refund]);

    const settlement = { balanceTransaction: 'txn_1', settledMinor: 1800, settledCurrency: 'eur', feeMinor: 60 };
    const correction = makeEntry('ch_1#1', { ...settlement, amountMinor: 0, occurredAt: 1_500_999 });
    await records.ledger.append(site, 'live', [charge, correction, correction]);
    assert.deepEqual(await records.ledger.entries(site, 'ch_1'), [charge, correction, refund]);

    const changes = [
      { amountMinor: 2001 },
      { currency: 'eur' },
      { occurredAt: 1 },
      { paymentId: 'ch_2' },
      { kind: 'refund' as const },
      settlement,
    ];
    for (const change of changes) {
      const append = records.ledger.append(site, 'live', [makeEntry('ch_9'), { ...charge, ...change }]);
      await assert.rejects(append, /ledger entry ch_1 of site .* would change/, JSON.stringify(change));
    }
    await assert.rejects(records.ledger.append(site, 'test', [charge]), /mode live → test/);
    await assert.rejects(records.ledger.append(site, 'live', [makeEntry('x', { amountMinor: 1.5 })]), /safe integer/);
    assert.deepEqual(
      await records.ledger.entries(site, 'ch_1'),
      [charge, correction, refund],
      'a refusal leaves nothing',
    );
    await records.ledger.append((await addSite(records)).id, 'test', [makeEntry('ch_1', { amountMinor: 7 })]);
  });

  test('a payment, its links and its attribution', async () => {
    const { id: site } = await addSite(records);
    await records.payments.upsert(makePayment(site, 'ch_1', { customer: 'cus_1' }));
    const pending = await records.payments.get(site, 'ch_1');
    assert.equal(pending?.attribution.reason, 'pending');

    const touchpoints = [makeTouchpoint('v1', 100), makeTouchpoint('v2', 200)];
    const entry = makeEntry('ch_1');
    const attribution: Attribution = {
      visitor: 'v1',
      visitors: ['v1', 'v2'],
      reason: null,
      usedLink: { object: 'pi_1', field: 'metadata.hw_visitor_id', value: 'v1' },
      path: touchpoints,
      credits: { first_touch: [2000, 0] },
      rows: [...touchpoints.map((each) => makeCredit(site, entry, each)), makeCredit(site, entry, null)],
    };
    await records.payments.setAttribution(site, 'ch_1', attribution);
    await records.payments.upsert(makePayment(site, 'ch_1', { customer: 'cus_1', refundedMinor: 500 }));
    const payment = await records.payments.get(site, 'ch_1');
    assert.deepEqual(payment, {
      ...makePayment(site, 'ch_1', { customer: 'cus_1', refundedMinor: 500 }),
      attribution,
    });

    const link: Link = {
      object: 'pi_1',
      field: 'metadata.hw_visitor_id',
      value: 'v1',
      claim: 'visitor',
      rung: 1,
      seenAt: 9,
    };
    const links = [link, { ...link, value: 'session\u0000', claim: 'session' as const, rung: 2 }];
    await records.payments.setLinks(site, 'ch_1', [...links, link]);
    await records.payments.setLinks(site, 'ch_1', links);
    const stored = await records.payments.links(site, 'ch_1');
    assert.deepEqual(stored, [links[0], { ...links[1], value: 'session\ufffd' }], 'PostgreSQL holds no NUL');

    const nobody = Array.from({ length: 1200 }, (_, index) => `nobody-${index}`);
    const touched = (values: string[]) => records.payments.touchedBy(site, values);
    assert.deepEqual(await touched([...nobody, 'session\u0000']), ['ch_1'], 'by a link');
    assert.deepEqual(await touched([...nobody, 'v2']), ['ch_1'], 'by a visitor');
    assert.deepEqual(await touched(nobody), []);
    assert.deepEqual(await records.payments.touchedBy((await addSite(records)).id, ['v1', 'v2']), []);
    await records.payments.setAttribution(site, 'ch_1', { ...attribution, visitors: ['v1'] });
    assert.deepEqual(await touched(['v2']), []);
    assert.deepEqual(await records.payments.ofCustomer(site, 'live', 'cus_1'), ['ch_1']);
    assert.deepEqual(await records.payments.ofCustomer(site, 'test', 'cus_1'), []);
    assert.equal(await records.payments.get(site, 'ch_2'), null);
  });

  test('payments and how they are credited, many at once', async () => {
    const { id: site } = await addSite(records);
    const ids = Array.from({ length: 620 }, (_, index) => `ch_${String(index).padStart(3, '0')}`);
    const customerOf = (id: string) => (id < 'ch_300' ? 'cus_1' : id < 'ch_310' ? 'cus_2' : null);
    await records.payments.upsertMany(ids.map((id) => makePayment(site, id, { customer: customerOf(id) })));
    const credited = ids.slice(0, 250);
    const attributionOf = (id: string, visitor: string | null): Attribution => ({
      visitor,
      visitors: visitor === null ? ['w'] : [visitor, 'w'],
      reason: visitor === null ? 'outside_window' : null,
      usedLink: null,
      path: [makeTouchpoint('w', 100)],
      credits: {},
      rows: [makeCredit(site, makeEntry(id), null)],
    });
    const rowsFor = (visitorOf: (id: string) => string | null) =>
      credited.map((payment) => ({ payment, attribution: attributionOf(payment, visitorOf(payment)) }));
    const odd = (id: string) => (id === 'ch_007' ? 'odd "visitor"' : id === 'ch_008' ? null : `v-${id}`);
    await records.payments.setAttributions(
      site,
      rowsFor(() => 'before'),
    );
    await records.payments.setAttributions(site, rowsFor(odd));
    await records.payments.setAttributions(site, rowsFor(odd));
    assert.deepEqual(await records.payments.touchedBy(site, ['before']), []);
    assert.deepEqual(await records.payments.touchedBy(site, ['v-ch_001', 'odd "visitor"']), ['ch_001', 'ch_007']);

    const rows = await records.payments.rowsOf(site, [...ids, 'ch_unknown']);
    assert.equal(rows.length, ids.length);
    for (const row of rows) assert.deepEqual(row, await records.payments.get(site, row.id));
    const visitors = await records.payments.visitorsOf(site, ids);
    assert.deepEqual(
      ['ch_001', 'ch_007', 'ch_008', 'ch_600'].map((id) => visitors.get(id)),
      ['v-ch_001', 'odd "visitor"', null, null],
    );
    const found = await records.payments.ofCustomers(site, 'live', ['cus_2', 'cus_1', 'cus_3']);
    assert.deepEqual(found.get('cus_1'), ids.slice(0, 300));
    assert.deepEqual([found.get('cus_2')?.length, found.get('cus_3')], [10, undefined]);
    assert.equal((await records.payments.ofCustomers(site, 'test', ['cus_1'])).size, 0);
  });

  test('payments are listed newest first, each once, page by page', async () => {
    const { id: site } = await addSite(records);
    const ids = Array.from({ length: 23 }, (_, index) => `ch_${String.fromCharCode(65 + index)}`);
    for (const [index, id] of ids.entries()) {
      await records.payments.upsert(makePayment(site, id, { occurredAt: 1000 + Math.floor(index / 5) }));
    }
    await records.payments.upsert(makePayment(site, 'ch_test', { mode: 'test' }));
    const listed: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await records.payments.list(site, 'live', 7, cursor);
      listed.push(...page.payments.map((payment) => payment.id));
      cursor = page.next;
      // A payment that arrives meanwhile neither repeats nor hides another.
      await records.payments.upsert(makePayment(site, `ch_new${listed.length}`, { occurredAt: 9000 }));
    } while (cursor !== null);
    assert.deepEqual(listed, ids.toReversed());
    assert.equal((await records.payments.list(site, 'test', 1, null)).next, null);
    for (const bad of ['', 'x', '%%%', 'bnVsbA', Buffer.from('[1]').toString('base64url'), 'W10', "' or 1=1 --"]) {
      await assert.rejects(records.payments.list(site, 'live', 7, bad), BadCursor, bad);
    }
    const all = await records.payments.all(site, null, 100);
    assert.deepEqual(all, [...all].sort());
    assert.deepEqual(await records.payments.all(site, all[3]!, 2), all.slice(4, 6));
  });

  test('identities keep the earliest time a visitor claimed a value', async () => {
    const { id: site } = await addSite(records);
    const rows = [
      { kind: 'app_id' as const, value: 'u1', visitor: 'v2', seenAt: 20 },
      { kind: 'app_id' as const, value: 'u1', visitor: 'v1', seenAt: 30 },
      { kind: 'app_id' as const, value: 'u1', visitor: 'v1', seenAt: 10 },
      { kind: 'email_hash' as const, value: 'u1', visitor: 'v3', seenAt: 5 },
      { kind: 'app_id' as const, value: "x'; drop table identities; --\u0000", visitor: 'v4', seenAt: 1 },
    ];
    await records.identities.add(site, rows);
    await records.identities.add(site, [{ kind: 'app_id', value: 'u1', visitor: 'v2', seenAt: 25 }]);
    assert.deepEqual(await records.identities.visitors(site, 'app_id', ['u1', 'u2', 'u1']), [
      { value: 'u1', visitor: 'v1', seenAt: 10 },
      { value: 'u1', visitor: 'v2', seenAt: 20 },
    ]);
    assert.equal(
      (await records.identities.visitors(site, 'app_id', ["x'; drop table identities; --\u0000"])).length,
      1,
    );
    assert.deepEqual(await records.identities.ofVisitors(site, ['v3', 'v9']), [
      { kind: 'email_hash', value: 'u1', visitor: 'v3', seenAt: 5 },
    ]);
    const guests = Array.from({ length: 1500 }, (_, index) => ({
      kind: 'app_id' as const,
      value: 'guest',
      visitor: `v${index}`,
      seenAt: index,
    }));
    await records.identities.add(site, guests);
    const visitors = await records.identities.visitors(site, 'app_id', ['guest']);
    assert.deepEqual([visitors.length, visitors[0]?.visitor], [200, 'v0']);
  });

  test('settings of the installation', async () => {
    assert.equal(await records.settings.get('setup'), null);
    await records.settings.set('setup', 'a');
    await records.settings.set('setup', 'b');
    assert.equal(await records.settings.get('setup'), 'b');
    await records.settings.remove('setup');
    assert.equal(await records.settings.get('setup'), null);
  });
});
