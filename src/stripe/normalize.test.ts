import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { foldPayment } from '../core/fold.ts';
import { mergeAll } from '../core/merge.ts';
import type { ProviderObject } from '../core/payment.ts';
import { normalize } from './normalize.ts';

const T = 1_793_500_000;
const context = { seenAt: T * 1000, visitorMetadataKeys: ['own_id'], hash: (value: string) => `hash(${value})` };
const read = (...values: unknown[]) => mergeAll(values.flatMap((value) => normalize(value, context)));
const fold = (objects: ProviderObject[], charge = 'ch_1') =>
  foldPayment(charge, objects, { site: 's', connection: 'c', mode: 'live' });

/** One subscription start with a partial refund, as the API of 2020-08-27 shows it: everything nested and linked. */
const OLD = [
  {
    id: 'ch_1',
    object: 'charge',
    created: T,
    amount: 2000,
    amount_captured: 2000,
    amount_refunded: 500,
    captured: true,
    paid: true,
    status: 'succeeded',
    currency: 'usd',
    customer: 'cus_1',
    invoice: 'in_1',
    payment_intent: 'pi_1',
    metadata: {},
    balance_transaction: {
      id: 'txn_1',
      object: 'balance_transaction',
      amount: 2000,
      fee: 88,
      currency: 'usd',
      source: 'ch_1',
      type: 'charge',
      created: T,
    },
    refunds: {
      object: 'list',
      data: [
        {
          id: 're_1',
          object: 'refund',
          amount: 500,
          charge: 'ch_1',
          payment_intent: 'pi_1',
          created: T + 60,
          currency: 'usd',
          status: 'succeeded',
          balance_transaction: 'txn_2',
        },
      ],
    },
    billing_details: { email: ' Ada@Example.com ', phone: '+49 30 1234567', address: { line1: 'Secret Street 1' } },
    payment_method_details: { card: { last4: '4242' } },
  },
  {
    id: 'pi_1',
    object: 'payment_intent',
    created: T,
    customer: { id: 'cus_1', object: 'customer', created: T, email: 'ADA@example.com', metadata: {} },
    invoice: 'in_1',
    charges: {
      object: 'list',
      data: [
        {
          id: 'ch_1',
          object: 'charge',
          amount: 2000,
          status: 'succeeded',
          captured: true,
          amount_captured: 2000,
          currency: 'usd',
          created: T,
        },
      ],
    },
    metadata: {},
  },
  {
    id: 'in_1',
    object: 'invoice',
    created: T,
    amount_paid: 2000,
    billing_reason: 'subscription_create',
    charge: 'ch_1',
    currency: 'usd',
    customer: 'cus_1',
    payment_intent: 'pi_1',
    subscription: 'sub_1',
    subscription_details: { metadata: { attribu_visitor_id: 'v1' } },
    lines: {
      object: 'list',
      data: [{ id: 'il_1', object: 'line_item', type: 'subscription', metadata: { attribu_visitor_id: 'v1' } }],
    },
    metadata: {},
  },
  {
    id: 'sub_1',
    object: 'subscription',
    created: T - 10,
    customer: 'cus_1',
    latest_invoice: 'in_1',
    metadata: { attribu_visitor_id: 'v1' },
  },
];

/** The same happening as 2026-10-28.endive shows it: links moved or gone, refunds and fees apart. */
const ENDIVE = [
  {
    id: 'ch_1',
    object: 'charge',
    created: T,
    amount: 2000,
    amount_captured: 2000,
    amount_refunded: 500,
    captured: true,
    paid: true,
    status: 'succeeded',
    currency: 'usd',
    customer: 'cus_1',
    payment_intent: 'pi_1',
    metadata: {},
    balance_transaction: null,
    billing_details: { email: 'ada@example.com' },
    presentment_details: { presentment_amount: 2200, presentment_currency: 'cad' },
  },
  {
    id: 'txn_1',
    object: 'balance_transaction',
    amount: 2000,
    fee: 88,
    currency: 'usd',
    source: 'ch_1',
    type: 'charge',
    created: T,
  },
  {
    id: 're_1',
    object: 'refund',
    amount: 500,
    charge: 'ch_1',
    payment_intent: 'pi_1',
    created: T + 60,
    currency: 'usd',
    status: 'succeeded',
    balance_transaction: 'txn_2',
  },
  {
    id: 'pi_1',
    object: 'payment_intent',
    created: T,
    customer: 'cus_1',
    latest_charge: 'ch_1',
    payment_details: { order_reference: 'in_1' },
    metadata: {},
  },
  {
    id: 'inpay_1',
    object: 'invoice_payment',
    created: T,
    invoice: 'in_1',
    amount_paid: 2000,
    status: 'paid',
    payment: { type: 'payment_intent', payment_intent: 'pi_1' },
  },
  {
    id: 'in_1',
    object: 'invoice',
    created: T,
    amount_paid: 2000,
    billing_reason: 'subscription_create',
    currency: 'usd',
    customer: 'cus_1',
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: 'sub_1', metadata: { attribu_visitor_id: 'v1' } },
    },
    lines: {
      object: 'list',
      data: [
        {
          id: 'il_1',
          object: 'line_item',
          parent: { type: 'subscription_item_details' },
          metadata: { attribu_visitor_id: 'v1' },
        },
      ],
    },
    metadata: {},
  },
  {
    id: 'sub_1',
    object: 'subscription',
    created: T - 10,
    customer: 'cus_1',
    latest_invoice: 'in_1',
    metadata: { attribu_visitor_id: 'v1' },
  },
  { id: 'cus_1', object: 'customer', created: T, email: 'ada@example.com', metadata: {} },
];

test('trap 20: 2020-08-27 and endive give the same payment, ledger and visitor', () => {
  const [old, endive] = [fold(read(...OLD)), fold(read(...ENDIVE))];
  assert.deepEqual(old.payment, endive.payment);
  assert.deepEqual(old.entries, endive.entries);
  assert.deepEqual(
    old.links.map((link) => [link.object, link.value, link.rung]),
    endive.links.map((link) => [link.object, link.value, link.rung]),
  );
  assert.equal(endive.payment?.grossMinor, 2000);
  assert.equal(endive.payment?.refundedMinor, 500);
  assert.equal(endive.payment?.feeMinor, 88);
  assert.equal(endive.payment?.kind, 'subscription_start');
  assert.equal(endive.payment?.pathEndsAt, (T - 10) * 1000 + 999);
  assert.deepEqual(endive.links[0], {
    object: 'in_1',
    field: 'parent.subscription_details.metadata.attribu_visitor_id',
    value: 'v1',
    claim: 'visitor',
    rung: 6001,
    seenAt: T * 1000,
  });
});

test('trap 20: both renderings mixed, as one endpoint and List Events give them, stay one payment', () => {
  const mixed = fold(read(...OLD, ...ENDIVE));
  const plain = fold(read(...ENDIVE));
  assert.deepEqual(mixed.payment, plain.payment);
  assert.deepEqual(mixed.entries, plain.entries);
});

test('nothing of cards, addresses and phones is kept, and e-mail addresses only as hashes', () => {
  const kept = JSON.stringify(read(...OLD, ...ENDIVE));
  for (const secret of ['4242', 'Secret Street', '1234567', '@example.com"', 'Ada@'])
    assert.ok(!kept.includes(secret), secret);
  assert.ok(kept.includes('hash(ada@example.com)'), 'hashed in the form identify() uses');
  assert.equal(kept.includes('hash(ADA'), false);
});

test("trap 19: adaptive pricing books the charge's own currency", () => {
  assert.equal(fold(read(...ENDIVE)).payment?.currency, 'usd');
});

test('an expandable may be an id, an object or null', () => {
  const intents = [
    { payment_intent: 'pi_1' },
    { payment_intent: { id: 'pi_1', object: 'payment_intent' } },
    { payment_intent: null },
    {},
  ];
  const read1 = intents.map((fields) =>
    read({ id: 'cs_1', object: 'checkout.session', ...fields }).find((it) => it.id === 'cs_1'),
  );
  assert.deepEqual(
    read1.map((session) => session?.kind === 'checkout_session' && session.paymentIntent),
    ['pi_1', 'pi_1', null, null],
  );
});

test('what a charge says about being captured', () => {
  const captured = (fields: object) => {
    const [charge] = read({ id: 'ch_1', object: 'charge', amount: 1000, ...fields });
    return charge?.kind === 'charge' ? charge.amountCapturedMinor : null;
  };
  assert.equal(captured({ status: 'succeeded', captured: false, amount_captured: 0, paid: true }), 0, 'trap 7');
  assert.equal(captured({ status: 'succeeded', captured: true, amount_captured: 700 }), 700);
  assert.equal(captured({ status: 'succeeded', captured: true }), 1000, 'before amount_captured existed');
  assert.equal(captured({ status: 'succeeded', captured: false }), 0);
  assert.equal(captured({ status: 'pending', captured: true, amount_captured: 1000 }), 0, 'trap 6');
  assert.equal(captured({ status: 'failed', captured: true, amount_captured: 1000 }), 0);
  assert.equal(captured({ paid: true, captured: true }), 1000, 'before there was a status');
});

test('trap 25: metadata as found, keys of the contract and of the site only', () => {
  const [charge] = read({
    id: 'ch_1',
    object: 'charge',
    metadata: {
      hw_visitor_id: 'undefined',
      zori_visitor_id: 'x'.repeat(600),
      attribu_visitor_id: '',
      datafast_visitor_id: 'a\0b\ud800',
      own_id: 'mine',
      order: '12',
      hw_session_id: 7,
      __proto__: 'x',
    },
  });
  assert.deepEqual(
    charge?.evidence.map(({ field, value }) => [field, value.length > 20 ? value.length : value]),
    [
      ['metadata.datafast_visitor_id', 'a\ufffdb\ufffd'],
      ['metadata.hw_visitor_id', 'undefined'],
      ['metadata.own_id', 'mine'],
      ['metadata.zori_visitor_id', 500],
    ],
  );
});

test("order references count only in Stripe's own two forms", () => {
  const reference = (order_reference: unknown) => {
    const [intent] = read({ id: 'pi_1', object: 'payment_intent', payment_details: { order_reference } });
    return intent?.kind === 'payment_intent' ? intent.orderReference : undefined;
  };
  assert.equal(reference('in_1'), 'in_1');
  assert.equal(reference('cs_test_1'), 'cs_test_1');
  for (const junk of ['order 7', 'pi_1', '', null, 7, 'in_"; drop', { id: 'in_1' }])
    assert.equal(reference(junk), null);
});

test('junk amounts, times, currencies and ids are left out', () => {
  const [charge] = read({
    id: 'ch_1',
    object: 'charge',
    status: 'succeeded',
    amount: 1e21,
    amount_captured: 10.5,
    amount_refunded: -5,
    created: '2026',
    currency: 'dollars',
    customer: 'cus 1; --',
    payment_intent: ['pi_1'],
  });
  assert.ok(charge?.kind === 'charge');
  const { amountMinor, amountCapturedMinor, amountRefundedMinor, createdAt, currency, customer, paymentIntent } =
    charge;
  assert.deepEqual(
    [amountMinor, amountCapturedMinor, amountRefundedMinor, createdAt, currency, customer, paymentIntent],
    [0, 0, 0, null, null, null, null],
  );
  assert.deepEqual(read({ id: 'ch_1#1', object: 'charge' }, { object: 'charge' }, { id: 5, object: 'charge' }), []);
});

test('hostile shapes never throw, and never give anything but sane values', () => {
  const names = [
    'id',
    'object',
    'data',
    'metadata',
    'payment_intent',
    'refunds',
    'amount',
    'status',
    'created',
    'parent',
    'payments',
    'lines',
  ];
  const kinds = [
    'charge',
    'refund',
    'payment_intent',
    'checkout.session',
    'invoice',
    'invoice_payment',
    'subscription',
    'customer',
    'balance_transaction',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...kinds, 'x_1', 'list'),
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      for (const object of normalize(value, context)) {
        assert.match(object.id, /^[A-Za-z0-9_.:-]{1,255}$/);
        for (const [name, field] of Object.entries(object)) {
          if (name.endsWith('Minor')) assert.ok(field === null || Number.isSafeInteger(field));
        }
        foldPayment(object.id, normalize(value, context), { site: 's', connection: 'c', mode: 'test' });
      }
    }),
    { numRuns: 500 },
  );
  let deep: unknown = { id: 'ch_1', object: 'charge' };
  for (let level = 0; level < 5000; level += 1) deep = { data: [deep] };
  assert.deepEqual(normalize(deep, context), []);
});
