import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emailEvidence, metadataEvidence, textEvidence } from './evidence.ts';
import { isEmail, words } from './fields.ts';
import { whyImpossible } from './impossible.ts';

const context = { seenAt: 1, visitorMetadataKeys: ['own'], hash: (value: string) => `hash(${value})` };

const WRITTEN: [text: string, kept: string][] = [
  ['Pro plan', 'Pro plan'],
  ['Order for ann@shop.example, thank you', 'Order for (e-mail address), thank you'],
  ['<ann.lee+tag@mail.shop.example>; bob@x.org', '<(e-mail address)>; (e-mail address)'],
  ['3 @ 5 USD', '3 @ 5 USD'],
  ['@handle and user@localhost', '@handle and user@localhost'],
  [`${'x'.repeat(250)} ann@shop.example`, `${'x'.repeat(250)} (e-m`],
];
test('addresses are taken out of free text, also where the limit would cut them', () => {
  for (const [text, kept] of WRITTEN) assert.equal(words(text), kept);
  assert.equal(words(''), null);
  const startedAt = performance.now();
  words('a@'.repeat(100_000), 200_000);
  words(`${'a'.repeat(200_000)}@`, 200_000);
  // By the square it would be minutes.
  assert.ok(performance.now() - startedAt < 10_000, 'hostile text takes no more time than long text');
});

test('an address where an id belongs is an address', () => {
  assert.ok(isEmail(' Ann@Shop.example ') && !isEmail('v1') && !isEmail('write to ann@shop.example'));
  assert.deepEqual(
    textEvidence('Ann@Shop.example', 'client_reference_id', context),
    emailEvidence('ann@shop.example', 'client_reference_id.email', context),
  );
  const metadata = { hw_visitor_id: 'ann@shop.example', own: 'v 1', phone: '555' };
  assert.deepEqual(
    metadataEvidence(metadata, 'metadata', context).map(({ field, value }) => [field, value]),
    [
      ['metadata.hw_visitor_id', '(e-mail address)'],
      ['metadata.own', 'v 1'],
    ],
  );
});

const charge = { object: 'charge', id: 'ch_1', status: 'succeeded', amount: 500, currency: 'usd' };
const JUDGED: [object: unknown, why: RegExp | null][] = [
  [charge, null],
  [{ ...charge, amount_captured: null, amount_refunded: 0 }, null],
  [{ object: 'charge', id: 'ch_1' }, null],
  [{ object: 'payment_intent', id: 'with space' }, null],
  [{ object: 'brand_new', amount: -1 }, null],
  ['charge', null],
  [{ ...charge, id: 'ch 1' }, /^a charge whose id is no id: some other text$/],
  [{ ...charge, id: undefined }, /whose id is no id: missing/],
  [{ ...charge, amount: 0.5 }, /^the amount of charge ch_1 is no amount in minor units: 0.5$/],
  [{ ...charge, amount: 2 ** 60 }, /is no amount/],
  [{ ...charge, amount_refunded: -1 }, /^the amount_refunded of charge ch_1 is no amount in minor units: -1$/],
  [{ ...charge, amount_captured: '500' }, /is no amount in minor units: "500"/],
  [{ ...charge, currency: 'dollars' }, /^the currency of charge ch_1 is no currency: "dollars"$/],
  [{ ...charge, currency: undefined }, /is no currency: missing/],
  [{ object: 'refund', id: 're_1', amount: null, currency: 5 }, /^the currency of refund re_1 is no currency: 5$/],
  [{ object: 'dispute', id: 'dp_1', amount: {} }, /^the amount of dispute dp_1 .*: a value of type object$/],
];
test('money that cannot be as it is told is named, never taken for nothing', () => {
  for (const [object, why] of JUDGED) {
    const told = whyImpossible(object);
    if (why === null) assert.equal(told, null, JSON.stringify(object));
    else assert.match(told ?? '', why);
  }
});
