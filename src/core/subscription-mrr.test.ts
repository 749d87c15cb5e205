import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { permutations } from './objects.fixture.ts';
import type { Discount, InvoiceLine, SubscriptionState } from './payment.ts';
import { foldSubscription } from './subscription-movements.ts';
import { day, discount, invoice, item, line, state, sub, terms } from './subscriptions.fixture.ts';

describe('tiers, which only invoices price', () => {
  const tier = (id: string, quantity: number, amountMinor: number, fields: Partial<InvoiceLine> = {}) =>
    line(id, amountMinor, day(0), { price: 'price_tiers', subscriptionItem: 'si_1', quantity, ...fields });
  const credit = tier('c', 15, -20_00, { isProration: true });
  const cases: [name: string, quantity: number, lines: InvoiceLine[], expected: number][] = [
    ['one line', 15, [tier('a', 15, 45_00)], 45_00],
    ['graduated: a line for each tier', 15, [tier('a', 10, 50_00), tier('b', 5, 15_00)], 65_00],
    ['volume with a flat fee', 15, [tier('a', 15, 45_00), tier('b', 0, 10_00)], 55_00],
    [
      'stored before items of lines were read',
      2,
      [1, 2].map((n) => tier(`${n}`, 1, 5_00, { subscriptionItem: null })),
      10_00,
    ],
    ['another quantity', 10, [tier('a', 10, 50_00), tier('b', 5, 15_00)], 0],
    ['another item of the price', 15, [tier('a', 15, 45_00), tier('b', 3, 9_00, { subscriptionItem: 'si_2' })], 45_00],
    ['another period', 15, [tier('a', 15, 45_00), tier('b', 15, 45_00, { startsAt: day(-30) })], 45_00],
    ['a proration', 15, [tier('a', 15, 45_00), credit], 45_00],
  ];
  for (const [name, quantity, lines, expected] of cases) {
    test(name, () => {
      const is = terms(0, { items: [item(0, { price: 'price_tiers', amountMinor: null, quantity })] });
      const { levels } = foldSubscription(sub([state(day(1), is)]), [invoice('in_1', day(0), lines)]);
      assert.equal(levels.at(-1)?.mrrMinor, expected);
    });
  }
});

describe('a coupon of which no amount is told in the currency', () => {
  const off = (id: string, amount: number) =>
    line(id, 30_00, day(0), { discounts: [{ id: 'd', amountMinor: amount }] });
  const cases: [name: string, told: Discount, lines: InvoiceLine[], expected: number][] = [
    ['its first invoice tells', discount({}), [off('a', 15_00)], 15_00],
    ['without invoices nothing comes off', discount({}), [], 30_00],
    ['for once it does not last', discount({ duration: 'once' }), [off('a', 15_00)], 30_00],
    ['what is told rules', discount({ amountOffMinor: 10_00 }), [off('a', 15_00)], 20_00],
  ];
  for (const [name, told, lines, expected] of cases) {
    test(name, () => {
      const is = state(day(1), terms(30_00, { discounts: ['d'] }));
      const own = sub([is], { discounts: [told] });
      const folded = foldSubscription(own, [invoice('in_1', day(0), lines)]);
      assert.equal(folded.levels.at(-1)?.mrrMinor, expected);
      assert.equal(folded.isUncertain, true);
      assert.equal(foldSubscription({ ...own, askedAt: day(1) }, []).isUncertain, false);
    });
  }
});

describe('a snapshot that does not show all items', () => {
  const [a, b, c] = [item(1_00), item(2_00), item(4_00)];
  const shown = terms(0, { items: [a, b], isPartial: true });
  const whole = state(day(9), terms(0, { items: [a, b, c] }));
  const changed = state(day(5), shown, terms(0, { items: [a, item(1_50)], isPartial: true }));
  const cases: [
    name: string,
    states: SubscriptionState[],
    askedAt: number | null,
    levels: number[],
    isUncertain: boolean,
  ][] = [
    ['counts what is shown, and is asked for', [state(day(0), shown)], null, [3_00], true],
    ['nothing more was told', [state(day(0), shown)], day(0), [3_00], false],
    ['what follows tells the others', [state(day(0), shown), whole], day(9), [7_00], false],
    ['what was before tells them until it is asked for again', [whole, state(day(10), shown)], day(9), [7_00], true],
    ['one that changed was another before', [changed, whole], day(9), [6_50, 7_00], false],
  ];
  for (const [name, states, askedAt, expected, isUncertain] of cases) {
    for (const order of permutations(states)) {
      test(name, () => {
        const folded = foldSubscription(sub(order, { askedAt }), []);
        assert.deepEqual(
          folded.movements.map((it) => it.mrrMinor),
          expected,
        );
        assert.equal(folded.isUncertain, isUncertain);
      });
    }
  }
});
