import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { UnreadableEvent } from '../payments/provider.ts';
import { readEvent, verifyWebhook } from './webhook.ts';

const NOW = 1_793_500_000_000;
const SECRET = 'whsec_one';
const secrets = [
  { id: 'a', secret: 'whsec_other' },
  { id: 'b', secret: SECRET },
];
const BODY = Buffer.from('{"id":"evt_1","type":"charge.succeeded","livemode":false,"data":{"object":{"name":"Zoë"}}}');
const at = (offset = 0) => NOW / 1000 + offset;
const sign = (time: number | string, body: Uint8Array = BODY, secret = SECRET) =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
const good = sign(at());

const TABLE: [name: string, header: string | undefined, accepted: boolean, body?: Buffer][] = [
  ['a signature of now', `t=${at()},v1=${good}`, true],
  ['any v1 of several', `t=${at()},v1=${'0'.repeat(64)},v1=${good}`, true],
  ['beside a v0', `t=${at()},v0=${'1'.repeat(64)},v1=${good}`, true],
  ['300 s old', `t=${at(-300)},v1=${sign(at(-300))}`, true],
  ['301 s old', `t=${at(-301)},v1=${sign(at(-301))}`, false],
  ['300 s in the future', `t=${at(300)},v1=${sign(at(300))}`, true],
  ['301 s in the future', `t=${at(301)},v1=${sign(at(301))}`, false],
  ['only a v0', `t=${at()},v0=${good}`, false],
  ['another secret', `t=${at()},v1=${sign(at(), BODY, 'whsec_evil')}`, false],
  ['an upper-case signature', `t=${at()},v1=${good.toUpperCase()}`, false],
  ['a space after the comma', `t=${at()}, v1=${good}`, false],
  [
    'a body of another rendering',
    `t=${at()},v1=${good}`,
    false,
    Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1)),
  ],
  ['an empty body', `t=${at()},v1=${sign(at(), Buffer.alloc(0))}`, false, Buffer.alloc(0)],
  ['a second, later t', `t=${at(-9999)},v1=${good},t=${at()}`, true],
  ['a second, older t', `t=${at()},v1=${good},t=${at(-9999)}`, false],
  ['no t', `v1=${good}`, false],
  ['t that is no number', `t=now,v1=${sign('NaN')}`, false],
  ['no signature', `t=${at()}`, false],
  ['an empty header', '', false],
  ['no header', undefined, false],
  ['junk', 'junk', false],
  ['a huge header', `t=${at()},v1=${good}${',v1=x'.repeat(2000)}`, false],
];

for (const [name, header, accepted, body] of TABLE) {
  test(`signature: ${name} is ${accepted ? 'accepted' : 'refused'}`, () => {
    const verified = verifyWebhook(body ?? BODY, header, secrets, NOW);
    assert.equal(verified.ok, accepted);
    if (verified.ok) assert.deepEqual(verified.secretIds, ['b']);
    else assert.match(verified.reason, /\w/);
  });
}

test('signature: a blank secret or none verifies nothing, every matching secret is named', () => {
  const header = `t=${at()},v1=${good}`;
  assert.equal(verifyWebhook(BODY, header, [], NOW).ok, false);
  assert.equal(verifyWebhook(BODY, `t=${at()},v1=${sign(at(), BODY, '')}`, [{ id: 'x', secret: '' }], NOW).ok, false);
  const both = verifyWebhook(BODY, header, [...secrets, { id: 'c', secret: SECRET }], NOW);
  assert.deepEqual(both.ok && both.secretIds, ['b', 'c']);
});

test('signature: the head of what was signed, also when it is no event', () => {
  const head = (text: string) => {
    const body = Buffer.from(text);
    const verified = verifyWebhook(body, `t=${at()},v1=${sign(at(), body)}`, secrets, NOW);
    assert.ok(verified.ok);
    return verified.delivery;
  };
  assert.deepEqual(head(BODY.toString()), {
    eventId: 'evt_1',
    type: 'charge.succeeded',
    livemode: false,
    account: null,
  });
  assert.deepEqual(head('{"id":"evt_2","type":"x","livemode":true,"account":"acct_9"}'), {
    eventId: 'evt_2',
    type: 'x',
    livemode: true,
    account: 'acct_9',
  });
  // Thin events have a context instead, and may have it below an organisation's.
  for (const context of ['acct_9', 'org_1/acct_9']) {
    assert.equal(head(JSON.stringify({ id: 'evt_3', object: 'v2.core.event', context })).account, 'acct_9');
  }
  assert.match(head('not json').eventId, /^body_[0-9a-f]{64}$/);
  assert.match(head('[1]').eventId, /^body_[0-9a-f]{64}$/);
  assert.notEqual(head('{"id":7}').eventId, head('{"id":8}').eventId);
});

const context = { visitorMetadataKeys: [], hash: (value: string) => value, nowMs: NOW };

test('read: a snapshot event, seen when the event was made', () => {
  const event = readEvent(
    JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'charge.refunded',
      created: 1_793_400_000,
      data: {
        object: { id: 'ch_1', object: 'charge', metadata: { hw_visitor_id: 'v1' } },
        previous_attributes: { refunds: { data: [{ id: 're_old', object: 'refund' }] } },
      },
    }),
    context,
  );
  assert.deepEqual(
    event.objects.map((object) => object.id),
    ['ch_1'],
  );
  assert.equal(event.objects[0]!.evidence[0]!.seenAt, 1_793_400_000_000);
});

test('trap 21: a thin event names what must be fetched', () => {
  const thin = (related_object: unknown) =>
    readEvent(
      JSON.stringify({ id: 'evt_1', object: 'v2.core.event', type: 'v1.charge.succeeded', related_object }),
      context,
    );
  assert.deepEqual(thin({ id: 'ch_1', type: 'charge', url: '/v1/charges/ch_1' }).named, [
    { kind: 'charge', by: null, id: 'ch_1' },
  ]);
  assert.deepEqual(thin({ id: 'cs_1', type: 'checkout.session' }).named[0]?.kind, 'checkout_session');
  assert.deepEqual(thin({ id: 'x_1', type: 'billing.meter' }).named, []);
  assert.deepEqual(thin({ id: 'x_1', type: 'constructor' }).named, []);
  assert.deepEqual(thin(null).named, []);
  assert.deepEqual(thin({ id: 'dp_1', type: 'dispute' }).named, [{ kind: 'dispute', by: null, id: 'dp_1' }]);
});

test('trap 21: and the event that tells the same with its data', () => {
  const body = { id: 'evt_t', object: 'v2.core.event', type: 'v1.charge.succeeded', snapshot_event: 'evt_1' };
  assert.equal(readEvent(JSON.stringify(body), context).twin, 'evt_1');
});

test('a test clock may stand in the future, and what it makes is accepted', () => {
  const object = { id: 'ch_1', object: 'charge', created: 2_200_000_000, test_clock: 'clock_1' };
  const body = { id: 'evt_1', type: 'charge.succeeded', created: 2_200_000_000, data: { object } };
  assert.equal(readEvent(JSON.stringify(body), context).objects[0]?.createdAt, 2_200_000_000_000);
});

test('trap 18: a credit note moves no money; a refund it shows is the refund that arrives anyway', () => {
  const refund = { id: 're_1', object: 'refund', amount: 300, charge: 'ch_1', status: 'succeeded' };
  const note = {
    id: 'cn_1',
    object: 'credit_note',
    amount: 500,
    customer_balance_transaction: 'cbtxn_1',
    out_of_band_amount: 200,
    invoice: 'in_1',
    refunds: [{ amount_refunded: 300, refund, type: 'refund' }],
  };
  const body = { id: 'evt_1', type: 'credit_note.created', data: { object: note } };
  assert.deepEqual(
    readEvent(JSON.stringify(body), context).objects.map((object) => [object.kind, object.id]),
    [['refund', 're_1']],
  );
});

test('trap 27: invoice.upcoming has no invoice yet', () => {
  const body = { id: 'evt_1', type: 'invoice.upcoming', data: { object: { id: 'upcoming_in_1', object: 'invoice' } } };
  assert.deepEqual(readEvent(JSON.stringify(body), context).objects, []);
});

test('read: unknown types and missing data give nothing; what is no event throws', () => {
  assert.deepEqual(
    readEvent('{"id":"evt_1","type":"new.thing","data":{"object":{"id":"n_1","object":"new"}}}', context).objects,
    [],
  );
  assert.deepEqual(readEvent('{"id":"evt_1","type":"charge.succeeded"}', context).objects, []);
  for (const body of ['', 'x', '[]', 'null', '7', '{}', '{"id":"evt_1"}', '{"type":"x"}', '['.repeat(100_000)]) {
    assert.throws(() => readEvent(body, context), UnreadableEvent);
  }
});
