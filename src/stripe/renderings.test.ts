import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { foldPayment } from '../core/fold.ts';
import { corrections } from '../core/ledger.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { mergeAll } from '../core/merge.ts';
import { settledOf } from '../core/objects.fixture.ts';
import type { ProviderObject } from '../core/payment.ts';
import { AT, render, VERSIONS } from './renderings.fixture.ts';
import { readEvent } from './webhook.ts';

/** A story as six API versions tell it must end in one ledger, whoever tells which part of it. */
const context = { visitorMetadataKeys: [], hash: (value: string) => `hash(${value})`, nowMs: AT * 1000 };

const told = VERSIONS.map((version) =>
  render(version).map(({ type, object }, index) =>
    readEvent(
      JSON.stringify({
        id: `evt_${index}`,
        object: 'event',
        type,
        created: AT + index,
        api_version: version,
        data: { object, previous_attributes: { amount: 1 } },
      }),
      context,
    ),
  ),
);

/** `seenAt` of evidence differs with who showed it first; what it says may not. */
function endOf(events: readonly { objects: ProviderObject[] }[]) {
  let known: ProviderObject[] = [];
  let ledger: LedgerEntry[] = [];
  let folded = foldPayment('ch_1', known, { site: 's', connection: 'c', mode: 'live' });
  for (const event of events) {
    known = mergeAll([...known, ...event.objects]);
    folded = foldPayment('ch_1', known, { site: 's', connection: 'c', mode: 'live' });
    ledger = [...ledger, ...corrections(ledger, folded.entries)];
  }
  const { payment, entries, links } = folded;
  return {
    payment,
    entries,
    best: links[0] && [links[0].object, links[0].value, links[0].rung],
    links: [...new Set(links.map(({ object, value, claim, rung }) => `${rung} ${object} ${claim} ${value}`))].sort(),
    settled: settledOf(ledger),
  };
}

const expected = endOf(told.at(-1)!);

test('the story is told right', () => {
  const { payment, settled, best } = expected;
  assert.ok(payment);
  const { grossMinor, refundedMinor, disputedMinor, feeMinor, feeCurrency, taxMinor } = payment;
  assert.deepEqual(
    [payment.kind, payment.currency, grossMinor, refundedMinor, disputedMinor],
    ['subscription_start', 'eur', 2261, 500, 1761],
  );
  assert.deepEqual([feeMinor, feeCurrency, taxMinor], [110 + 20 + 1520, 'usd', 361]);
  assert.deepEqual([payment.product, payment.productName, payment.price], ['prod_1', 'Pro', 'price_1']);
  assert.equal(payment.coupon, 'SPRING');
  assert.equal(payment.pathEndsAt, (AT - 10) * 1000 + 999);
  assert.deepEqual(settled, { 'usd amount': 2713 - 600 - 2010, 'usd fee': 110 + 20 + 1520 });
  assert.deepEqual(best, ['in_1', 'v1', 6000]);
});

VERSIONS.forEach((version, index) => {
  test(`trap 20: ${version} ends in the same payment, ledger and links`, () => {
    assert.deepEqual(endOf(told[index]!), expected);
  });
});

test('trap 20: whoever tells which part, in any order, any number of times', () => {
  const events = told.flat();
  const mixed = fc
    .tuple(
      // Every part is told by somebody at least; beyond that, anything.
      fc.tuple(...told[0]!.map((_, part) => fc.constantFrom(...told.map((version) => version[part]!)))),
      fc.subarray(events, { maxLength: 20 }),
    )
    .chain(([once, more]) => fc.shuffledSubarray([...once, ...more], { minLength: once.length + more.length }));
  fc.assert(
    fc.property(mixed, (order) => assert.deepEqual(endOf(order), expected)),
    { numRuns: 150 },
  );
});
