import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { mergeAll } from './merge.ts';
import { permutations } from './objects.fixture.ts';
import type { Discount, InvoiceObject, SubscriptionObject, SubscriptionState, SubscriptionTerms } from './payment.ts';
import { movementChanges, movementRows, rateOf } from './movement-row.ts';
import { foldSubscription } from './subscription-movements.ts';
import { mrrMinor } from './subscription-mrr.ts';
import { periodOf } from './subscription-past.ts';
import { DAY, T0, day, discount, invoice, item, line, state, sub, terms } from './subscriptions.fixture.ts';

/** 'day kind ±delta' of each movement. */
const story = (subscription: SubscriptionObject, invoices: InvoiceObject[] = []) =>
  foldSubscription(subscription, invoices).movements.map(
    ({ at, kind, deltaMinor }) => `${(at - T0) / DAY} ${kind} ${deltaMinor}`,
  );

describe('what a month is worth', () => {
  const cases: [name: string, terms: SubscriptionTerms, discounts: Discount[], expected: number][] = [
    ['a month', terms(20_00), [], 20_00],
    ['a year', terms(0, { items: [item(100_00, { interval: 'year' })] }), [], 8_33],
    ['two years', terms(0, { items: [item(100_00, { interval: 'year', intervalCount: 2 })] }), [], 4_17],
    ['a week', terms(0, { items: [item(10_00, { interval: 'week' })] }), [], 43_33],
    ['a day', terms(0, { items: [item(1_00, { interval: 'day' })] }), [], 30_42],
    ['30 days', terms(0, { items: [item(30_00, { interval: 'day', intervalCount: 30 })] }), [], 30_42],
    [
      'thirds are rounded once',
      terms(0, { items: [1, 2, 3].map((price) => item(10, { price: `p${price}`, interval: 'year' })) }),
      [],
      3,
    ],
    ['usage is not counted', terms(0, { items: [item(5_00), item(0, { isMetered: true })] }), [], 5_00],
    ['past due is counted', terms(9_00, { status: 'past_due' }), [], 9_00],
    ...['trialing', 'incomplete', 'incomplete_expired', 'unpaid', 'canceled', 'paused', 'unheard_of'].map(
      (status): [string, SubscriptionTerms, Discount[], number] => [`${status} is not`, terms(9_00, { status }), [], 0],
    ),
    ['paused collection is not', terms(9_00, { isPaused: true }), [], 0],
    ['a third off', terms(10_00, { discounts: ['d'] }), [discount({ percentOff: 333_333 })], 6_67],
    [
      'an amount off each year',
      terms(0, { items: [item(100_00, { interval: 'year' })], discounts: ['d'] }),
      [discount({ amountOffMinor: 30_00 })],
      5_83,
    ],
    ['never below 0', terms(10_00, { discounts: ['d'] }), [discount({ amountOffMinor: 30_00 })], 0],
    [
      'once does not last',
      terms(10_00, { discounts: ['d'] }),
      [discount({ percentOff: 500_000, duration: 'once' })],
      10_00,
    ],
    [
      'other products',
      terms(10_00, { discounts: ['d'] }),
      [discount({ percentOff: 500_000, products: ['prod_2'] })],
      10_00,
    ],
    ['unknown terms', terms(10_00, { discounts: ['d'] }), [], 10_00],
  ];
  for (const [name, is, discounts, expected] of cases) {
    test(name, () => assert.equal(mrrMinor(is, discounts, T0), expected));
  }

  test('how long a billed period is', () => {
    const of = (from: string, to: string) => {
      const period = { interval: null, intervalCount: null, startsAt: Date.parse(from), endsAt: Date.parse(to) };
      return Object.values(periodOf(period)).join(' ');
    };
    assert.equal(of('2026-01-31', '2026-02-28'), 'month 1');
    assert.equal(of('2026-02-15', '2026-03-15'), 'month 1');
    assert.equal(of('2026-03-01', '2026-03-29'), 'week 4');
    assert.equal(of('2026-01-01', '2026-04-01'), 'month 3');
    assert.equal(of('2024-01-01', '2025-01-01'), 'year 1');
    assert.equal(of('2026-01-01', '2026-01-08'), 'week 1');
    assert.equal(of('2026-01-01', '2026-01-11'), 'day 10');
  });
});

describe('movements', () => {
  test('up, down, away and back', () => {
    const states = [
      state(day(0), terms(10_00, { status: 'trialing' })),
      state(day(14), terms(10_00)),
      state(day(20), terms(25_00)),
      state(day(30), terms(15_00)),
      state(day(40), terms(15_00, { isPaused: true })),
      state(day(50), terms(15_00)),
      state(day(60), terms(15_00, { status: 'canceled' })),
    ];
    const expected = ['14 new 1000', '20 expansion 1500', '30 contraction -1000', '40 churn -1500'];
    assert.deepEqual(story(sub(states)), [...expected, '50 reactivation 1500', '60 churn -1500']);
  });

  test('a discount ends by itself', () => {
    const discounts = [discount({ percentOff: 250_000, duration: 'repeating', endsAt: day(90) })];
    const states = [state(day(0), terms(40_00, { discounts: ['d'] })), state(day(95), terms(40_00))];
    assert.deepEqual(story(sub(states, { discounts })), ['0 new 3000', '90 expansion 1000']);
  });

  test('within one second: what no other event calls "before" stands', () => {
    const [a, b, c] = [terms(10_00), terms(20_00), terms(30_00)];
    const second = [state(day(5), b, a), state(day(5), c, b)];
    for (const order of permutations([state(day(0), a), ...second])) {
      const folded = foldSubscription(mergeAll([sub(order)])[0] as SubscriptionObject, []);
      assert.deepEqual(
        folded.movements.map((it) => it.mrrMinor),
        [10_00, 30_00],
      );
      assert.equal(folded.isUncertain, false);
    }
  });

  test('within one second without that: another look is wanted, and what was read then decides', () => {
    const states = [state(day(0), terms(10_00)), state(day(5), terms(20_00)), state(day(5), terms(30_00))];
    assert.equal(foldSubscription(sub(states), []).isUncertain, true);
    const read: SubscriptionState = { ...state(day(5) + 2_000, terms(20_00)), told: 'read' };
    const folded = foldSubscription(sub([...states, read]), []);
    assert.deepEqual(
      folded.movements.map((it) => it.mrrMinor),
      [10_00, 20_00],
    );
    assert.equal(folded.isUncertain, false);
  });

  test('a discount without terms is asked about once', () => {
    const named = state(day(0), terms(10_00, { discounts: ['d'] }));
    assert.equal(foldSubscription(sub([named]), []).isUncertain, true);
    const discounts = [discount({ percentOff: 1 })];
    assert.equal(foldSubscription(sub([named], { discounts }), []).isUncertain, true, 'of which products, is not told');
    const limited = [discount({ percentOff: 1, products: ['prod_1'] })];
    assert.equal(foldSubscription(sub([named], { discounts: limited }), []).isUncertain, false);
    // A list does not tell what is told of the subscription itself; and what it did not tell it will not tell.
    const read: SubscriptionState = { ...named, at: day(1), told: 'read' };
    assert.equal(foldSubscription(sub([named, read]), []).isUncertain, true);
    assert.equal(foldSubscription(sub([named, read], { askedAt: day(1), discounts }), []).isUncertain, false);
    const another = state(day(2), terms(10_00, { discounts: ['d', 'e'] }));
    assert.equal(foldSubscription(sub([named, another], { askedAt: day(1) }), []).isUncertain, true);
    const tried = state(day(2), terms(10_00, { status: 'trialing', discounts: ['d'] }));
    assert.equal(foldSubscription(sub([tried]), []).isUncertain, false, 'it brings nothing yet');
  });
});

describe('what was before it was connected', () => {
  const read = (at: number, is: SubscriptionTerms): SubscriptionState => ({ ...state(at, is), told: 'read' });

  test('paid invoices tell', () => {
    const invoices = [
      invoice('in_0', day(0), [line('a', 10_00, day(0))], { billingReason: 'subscription_create' }),
      invoice('in_1', day(30), [line('b', 10_00, day(30))]),
      invoice('in_2', day(60), [line('c', 25_00, day(60))]),
      invoice('in_3', day(61), [line('d', 99_00, day(61))], { paidAt: null }),
    ];
    assert.deepEqual(story(sub([read(day(70), terms(25_00))]), invoices), ['0 new 1000', '60 expansion 1500']);
    const ended = { ...terms(25_00), status: 'canceled' };
    assert.deepEqual(story(sub([read(day(75), ended)]), invoices).at(-1), '75 churn -2500');
  });

  test('a proration says when', () => {
    const prorated = line('p', 7_00, day(45), { price: 'price_2500', isProration: true });
    const credit = line('q', -5_00, day(45), { price: 'price_1000', isProration: true });
    const invoices = [
      invoice('in_0', day(0), [line('a', 10_00, day(0))]),
      invoice('in_1', day(60), [line('b', 25_00, day(60)), prorated, credit]),
    ];
    assert.deepEqual(story(sub([read(day(70), terms(25_00))]), invoices), ['0 new 1000', '45 expansion 1500']);
    const atOnce = invoice('in_1', day(45), [prorated, credit], { billingReason: 'subscription_update' });
    assert.deepEqual(story(sub([read(day(50), terms(25_00))]), [invoices[0]!, atOnce]), [
      '0 new 1000',
      '45 expansion 1500',
    ]);
  });

  test('a trial brings nothing, and its first invoice is of nothing', () => {
    const invoices = [
      invoice('in_0', day(0), [line('a', 0, day(0), { price: 'price_1000' })], {
        billingReason: 'subscription_create',
      }),
      invoice('in_1', day(14), [line('b', 10_00, day(14))]),
    ];
    assert.deepEqual(story(sub([read(day(20), terms(10_00))]), invoices), ['14 new 1000']);
  });

  test('a discount that came off once is not lasting; one that comes off again is', () => {
    const off = (id: string) => ({ discounts: [{ id, amountMinor: 2_00 }] });
    const once = [
      invoice('in_0', day(0), [line('a', 10_00, day(0), off('d1'))]),
      invoice('in_1', day(30), [line('b', 10_00, day(30), off('d2'))]),
      invoice('in_2', day(60), [line('c', 10_00, day(60), off('d2'))]),
    ];
    assert.deepEqual(story(sub([read(day(70), terms(10_00))]), once), [
      '0 new 1000',
      '30 contraction -200',
      '70 expansion 200',
    ]);
  });

  test('without invoices it was since its beginning what it is', () => {
    assert.deepEqual(story(sub([read(day(70), terms(10_00))])), ['0 new 1000']);
    assert.deepEqual(story(sub([state(day(70), terms(25_00), terms(10_00))])), ['0 new 1000', '70 expansion 1500']);
    assert.deepEqual(story(sub([read(day(70), terms(10_00, { status: 'canceled' }))])), []);
  });

  test('usage is billed afterwards and does not recur', () => {
    const usage = line('u', 3_00, day(0), { price: 'price_usage', endsAt: day(30) });
    const invoices = [invoice('in_1', day(30), [line('b', 10_00, day(30)), usage])];
    assert.deepEqual(story(sub([read(day(40), terms(10_00))]), invoices), ['30 new 1000']);
  });
});

describe('free of order', () => {
  const anyTerms = fc
    .tuple(
      fc.constantFrom('incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled'),
      fc.constantFrom(0, 10_00, 12_34, 99_99),
      fc.boolean(),
      fc.constantFrom<string[][]>([], ['d']),
    )
    .map(([status, amount, isPaused, discounts]) => terms(amount, { status, isPaused, discounts }));
  const anyState = fc
    .tuple(fc.integer({ min: 0, max: 6 }), anyTerms, fc.option(anyTerms), fc.boolean())
    .map(([second, is, before, isRead]): SubscriptionState => {
      const at = T0 + second * 1_000;
      return isRead ? { at, told: 'read', terms: is, before: null } : state(at, is, before);
    });
  const anyInvoice = fc
    .tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: -40, max: 3 }),
      fc.constantFrom(0, 10_00, 12_34),
      fc.boolean(),
    )
    .map(([id, when, amount, isProration]) =>
      invoice(`in_${id}`, day(when), [line(`il_${id}`, amount, day(when), { isProration })]),
    );

  test('any order and any repetition of snapshots and invoices gives the same movements, which add up', () => {
    fc.assert(
      fc.property(
        fc.array(anyState, { maxLength: 7 }),
        fc.uniqueArray(anyInvoice, { maxLength: 4, selector: (it) => it.id }),
        fc.infiniteStream(fc.nat()),
        (states, invoices, random) => {
          const snapshots = [
            ...states.map((one) => sub([one], { discounts: [discount({ percentOff: 100_000 })] })),
            ...invoices,
          ];
          const folded = (list: typeof snapshots) => {
            const merged = mergeAll([sub([]), ...list]);
            const own = merged.find((object) => object.kind === 'subscription') as SubscriptionObject;
            return foldSubscription(
              own,
              merged.filter((object) => object.kind === 'invoice'),
            );
          };
          const expected = folded(snapshots);
          const shuffled = [...snapshots, ...snapshots.slice(0, 3)]
            .map((one) => ({ one, key: random.next().value }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          assert.deepEqual(folded(shuffled), expected);
          let standing = 0;
          for (const movement of expected.movements) {
            standing += movement.deltaMinor;
            assert.equal(standing, movement.mrrMinor);
            assert.ok(movement.mrrMinor >= 0);
          }
          assert.equal(expected.movements.at(-1)?.mrrMinor ?? 0, expected.levels.at(-1)?.mrrMinor ?? 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('rows of the facts store', () => {
  const revenue = (states: SubscriptionState[], site = 's1') => ({
    site,
    mode: 'live' as const,
    subscription: 'sub_1',
    customer: 'cus_1',
    currency: 'eur',
    movements: foldSubscription(sub(states), []).movements,
    rate: rateOf('usd', { above: 110n, below: 100n }, 'txn_1'),
    touchpoint: null,
    reason: 'no_visitor_id',
  });

  test('converted levels end at exactly 0, and every moment is its level', () => {
    const states = [
      state(day(0), terms(3_33)),
      state(day(1), terms(7_77)),
      state(day(2), terms(7_77, { status: 'canceled' })),
    ];
    const rows = movementRows(revenue(states));
    assert.deepEqual(
      rows.map((row) => row.reporting?.deltaMinor),
      [3_66, 4_89, -8_55],
    );
    assert.deepEqual(
      movementRows({ ...revenue(states), rate: null }).map((row) => row.reporting),
      [null, null, null],
    );
  });

  test('what changes is appended, and twice the same appends nothing', () => {
    const before = movementRows(revenue([state(day(0), terms(3_33))]));
    const after = movementRows(revenue([state(day(0), terms(3_33)), state(day(1), terms(7_77))]));
    assert.deepEqual(movementChanges(after, after), []);
    assert.deepEqual(movementChanges(before, after), after.slice(1));
    assert.deepEqual(
      movementChanges(after, before).map((row) => [row.sign, row.deltaMinor]),
      [[-1, 4_44]],
    );
  });
});
