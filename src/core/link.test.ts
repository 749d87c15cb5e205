import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gather } from './gather.ts';
import { linksOf, rungOf } from './ladder.ts';
import { isPlaceholder, isWellFormedId, resolveVisitor } from './link.ts';
import type { KnownVisitors, Link, LinkClaim } from './link.ts';
import { make, paidCharge, T0 } from './objects.fixture.ts';

const known = (fields: Partial<KnownVisitors> = {}): KnownVisitors => ({
  visitors: new Map([
    ['v1', T0 - 1000],
    ['v2', T0 - 1000],
    ['late', T0 + 1],
  ]),
  sessionOwners: new Map([['s1', 'v1']]),
  appIds: new Map([['user-7', 'v2']]),
  emailHashes: new Map([['hash', 'v2']]),
  ...fields,
});
const link = (rung: number, claim: LinkClaim, value: string, seenAt = T0): Link => ({
  object: `o_${rung}`,
  field: claim,
  value,
  claim,
  rung,
  seenAt,
});

const CASES: [name: string, links: Link[], answer: string][] = [
  ['nothing was found', [], 'no_visitor_id'],
  ['a known visitor', [link(1, 'visitor', 'v1')], 'v1'],
  [
    'the first rung wins, in whatever order links are listed',
    [link(2, 'visitor', 'v2'), link(1, 'visitor', 'v1')],
    'v1',
  ],
  ['on one rung the earlier sight wins', [link(1, 'visitor', 'v1', T0), link(1, 'visitor', 'v2', T0 - 1)], 'v2'],
  ['a malformed id does not stop the ladder', [link(1, 'visitor', 'not an id!'), link(2, 'visitor', 'v2')], 'v2'],
  ['a later known visitor beats an unknown one', [link(1, 'visitor', 'nobody'), link(7, 'visitor', 'v2')], 'v2'],
  ['an unknown visitor', [link(1, 'visitor', 'nobody')], 'visitor_never_seen'],
  ['a malformed id alone', [link(1, 'visitor', 'not an id!')], 'malformed_visitor_id'],
  ['an id of 65 characters', [link(1, 'visitor', 'x'.repeat(65))], 'malformed_visitor_id'],
  [
    'an unknown id says more than a malformed one',
    [link(1, 'visitor', 'a b'), link(2, 'visitor', 'x')],
    'visitor_never_seen',
  ],
  ['a visitor seen only after paying', [link(1, 'visitor', 'late')], 'visitor_seen_after_payment'],
  ['one seen before paying beats it', [link(1, 'visitor', 'late'), link(9, 'email_hash', 'hash')], 'v2'],
  ['a session stands for its visitor', [link(1, 'session', 's1')], 'v1'],
  ['an unknown session', [link(1, 'session', 's9')], 'visitor_never_seen'],
  ['a client reference that is a known visitor', [link(1, 'client_reference', 'v1')], 'v1'],
  ['a client reference that is an identified app id', [link(1, 'client_reference', 'user-7')], 'v2'],
  ['any other client reference claims nothing', [link(1, 'client_reference', 'order-1234')], 'no_visitor_id'],
  ['an e-mail hash that was identified', [link(1, 'email_hash', 'hash')], 'v2'],
  ['an unknown e-mail hash claims nothing', [link(1, 'email_hash', 'other')], 'no_visitor_id'],
];

for (const [name, links, answer] of CASES) {
  test(`resolveVisitor: ${name}`, () => {
    const resolved = resolveVisitor(links, known(), T0);
    assert.equal('visitor' in resolved ? resolved.visitor : resolved.reason, answer);
    if ('visitor' in resolved) assert.ok(links.includes(resolved.usedLink));
  });
}

const signed = { since: T0, isSigned: (id: string) => id === 'v2' };
const SIGNED: [name: string, links: Link[], paymentAt: number, answer: string][] = [
  ['an id without a signature', [link(1, 'visitor', 'v1')], T0, 'forged_visitor_id'],
  ['one that was never seen', [link(1, 'visitor', 'nobody')], T0, 'forged_visitor_id'],
  ['a payment of before', [link(1, 'visitor', 'v1')], T0 - 1, 'v1'],
  ['a signed id', [link(1, 'visitor', 'v2')], T0, 'v2'],
  ['a later rung with a signed id', [link(1, 'visitor', 'v1'), link(2, 'visitor', 'v2')], T0, 'v2'],
  ['a session, which nobody signs', [link(1, 'session', 's1')], T0, 'forged_visitor_id'],
  ['a client reference without a signature', [link(1, 'client_reference', 'v1')], T0, 'forged_visitor_id'],
  ["the merchant's own app id", [link(1, 'client_reference', 'user-7')], T0, 'v2'],
  ['an e-mail hash', [link(1, 'email_hash', 'hash')], T0, 'v2'],
  ['what is malformed anyway', [link(1, 'visitor', 'not an id!')], T0, 'malformed_visitor_id'],
];
for (const [name, links, paymentAt, answer] of SIGNED) {
  test(`resolveVisitor, signed ids only: ${name}`, () => {
    const resolved = resolveVisitor(links, { ...known(), signed }, paymentAt);
    assert.equal('visitor' in resolved ? resolved.visitor : resolved.reason, answer);
  });
}

test('trap 25: placeholders never join, not even when somebody used one as a visitor id', () => {
  const junk = [
    '',
    ' ',
    'null',
    'undefined',
    'NULL',
    'Guest',
    'none',
    '[object Object]',
    'NaN',
    'anonymous',
    ' undefined ',
  ];
  const visitors = new Map(junk.map((value) => [value, 0]));
  const everything = known({
    visitors,
    sessionOwners: new Map(junk.map((value) => [value, 'v1'])),
    appIds: new Map(junk.map((value) => [value, 'v1'])),
  });
  for (const value of junk) {
    assert.equal(isPlaceholder(value), true, value);
    assert.equal(isWellFormedId(value), false, value);
    for (const claim of ['visitor', 'session', 'client_reference'] as const) {
      assert.ok('reason' in resolveVisitor([link(1, claim, value)], everything, T0), `${claim} '${value}'`);
    }
  }
  assert.deepEqual(resolveVisitor([link(1, 'visitor', 'null')], everything, T0), { reason: 'malformed_visitor_id' });
});

test('without first-seen times every known visitor counts', () => {
  const resolved = resolveVisitor([link(1, 'visitor', 'late')], known({ visitors: new Set(['late']) }), T0);
  assert.ok('visitor' in resolved);
});

test('the whole ladder, in order', () => {
  const says = (field: string, value: string) => [{ field, value, seenAt: T0 }];
  const objects = [
    paidCharge('ch_1', 1, { paymentIntent: 'pi_1', customer: 'cus_1', evidence: says('metadata.own_id', 'own') }),
    make('payment_intent', 'pi_1', {
      evidence: [
        ...says('metadata.datafast_visitor_id', 'b'),
        ...says('metadata.hw_session_id', 'c'),
        ...says('metadata.attribu_visitor_id', 'a'),
      ],
    }),
    make('checkout_session', 'cs_1', {
      paymentIntent: 'pi_1',
      invoice: 'in_1',
      evidence: [...says('client_reference_id', 'e'), ...says('metadata.zori_visitor_id', 'd')],
    }),
    make('invoice', 'in_1', {
      subscription: 'sub_1',
      customer: 'cus_1',
      evidence: [
        ...says('lines.metadata.hw_visitor_id', 'i'),
        ...says('subscription_details.metadata.hw_visitor_id', 'h'),
        ...says('metadata.hw_visitor_id', 'g'),
        ...says('customer_email', 'mail2'),
      ],
    }),
    make('subscription', 'sub_1', { evidence: says('metadata.hw_visitor_id', 'j') }),
    make('checkout_session', 'cs_2', { subscription: 'sub_1', evidence: says('metadata.hw_visitor_id', 'k') }),
    make('checkout_session', 'cs_3', { invoice: 'in_1', evidence: says('metadata.hw_visitor_id', 'l') }),
    make('customer', 'cus_1', { evidence: [...says('metadata.hw_visitor_id', 'm'), ...says('email', 'mail1')] }),
    make('checkout_session', 'cs_4', { customer: 'cus_1', evidence: says('metadata.hw_visitor_id', 'n') }),
    make('checkout_session', 'cs_5', { customer: 'cus_2', evidence: says('metadata.hw_visitor_id', 'stranger') }),
  ];
  const links = linksOf(gather('ch_1', objects), {
    visitorMetadataKeys: ['own_id'],
    checkouts: [
      { object: 'pi_1', visitor: 'f', seenAt: T0 },
      { object: 'cs_2', visitor: 'k2', seenAt: T0 },
      { object: 'cs_4', visitor: 'n2', seenAt: T0 },
    ],
  });
  assert.deepEqual(
    links.map((it) => `${rungOf(it)} ${it.value}`),
    [
      'charge own',
      'payment_intent a',
      'payment_intent b',
      'payment_intent c',
      'session_of_intent d',
      'session_of_intent e',
      'checkout_hit f',
      'invoice g',
      'invoice_snapshot h',
      'invoice_lines i',
      'subscription j',
      'session_of_subscription k',
      'checkout_hit_of_subscription k2',
      'session_of_invoice l',
      'customer m',
      'session_of_customer n',
      'checkout_hit_of_customer n2',
      'email mail2',
      'email mail1',
    ],
  );
});

test('junk is kept as evidence until the first well-formed value; edits after it are not', () => {
  const field = 'metadata.hw_visitor_id';
  const objects = [
    paidCharge('ch_1', 1, {
      evidence: [
        { field, value: 'undefined', seenAt: T0 },
        { field, value: 'v1', seenAt: T0 + 1 },
        { field, value: 'v2', seenAt: T0 + 2 },
      ],
    }),
  ];
  assert.deepEqual(
    linksOf(gather('ch_1', objects), {}).map((it) => it.value),
    ['undefined', 'v1'],
  );
});
