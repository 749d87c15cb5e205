import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { convertEntries } from './exchange.ts';
import { corrections, moneyObjectOf } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import { rateDay, rateTable } from './rates.ts';
import type { Rate } from './rates.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 2);
const NO_RATES = rateTable([]);

type Settled = [minor: number, currency: string, fee?: number];
function entry(
  id: string,
  amountMinor: number,
  currency: string,
  settled: Settled | null = null,
  day = 0,
): LedgerEntry {
  const kind = id.startsWith('ch') ? 'charge' : id.startsWith('re') ? 'refund' : 'dispute';
  return {
    id,
    paymentId: 'ch',
    kind,
    amountMinor,
    currency,
    occurredAt: START + day * DAY_MS,
    balanceTransaction: settled && `txn_${id}`,
    settledMinor: settled?.[0] ?? null,
    settledCurrency: settled?.[1] ?? null,
    feeMinor: settled ? (settled[2] ?? 0) : null,
  };
}

/** '1093 settlement txn_ch', or 'apart'. */
function said(entries: LedgerEntry[], to: string, rates: Rate[] = []): Record<string, string> {
  const converted = convertEntries(entries, to, rateTable(rates));
  return Object.fromEntries(
    converted.map(({ entry: { id }, amount }) => [
      id,
      amount ? `${amount.amountMinor} ${amount.by} ${amount.evidence}`.trim() : 'apart',
    ]),
  );
}
const rate = (day: string, base: string, quote: string, value: string): Rate => ({ day, base, quote, rate: value });
const EUR_USD = [rate('2026-11-02', 'eur', 'usd', '1.0931')];

describe('the rule that applies first', () => {
  const stories: [title: string, entries: LedgerEntry[], rates: Rate[], expected: Record<string, string>][] = [
    ['1: it is in the reporting currency', [entry('ch', 1000, 'usd', [900, 'eur'])], EUR_USD, { ch: '1000 same' }],
    [
      '2: settled in it, whatever the day’s rate',
      [entry('ch', 1000, 'eur', [1100, 'usd'])],
      EUR_USD,
      { ch: '1100 settlement txn_ch' },
    ],
    [
      '2: a refund settled at another rate',
      [entry('ch', 1000, 'eur', [1100, 'usd']), entry('re', -1000, 'eur', [-1150, 'usd'], 5)],
      [],
      { ch: '1100 settlement txn_ch', re: '-1150 settlement txn_re' },
    ],
    [
      '2: settlement that came later stands on an entry of its own',
      [entry('ch', 1000, 'eur'), entry('ch#fee', 0, 'eur', [1100, 'usd', 30])],
      [],
      { ch: '1100 settlement txn_ch#fee', 'ch#fee': '0 settlement txn_ch#fee' },
    ],
    [
      '2: a corrected amount shares what was settled',
      [entry('ch', 333, 'eur', [367, 'usd']), entry('ch#1', 667, 'eur'), entry('ch#fee', 0, 'eur', [734, 'usd'])],
      [],
      { ch: '367 settlement txn_ch', 'ch#1': '734 settlement txn_ch', 'ch#fee': '0 settlement txn_ch' },
    ],
    [
      '2: a payment that failed after it had succeeded came back by another rate: the difference stands',
      [entry('ch', 1000, 'eur', [1100, 'usd']), entry('ch#1', -1000, 'eur'), entry('ch#fee', 0, 'eur', [-1110, 'usd'])],
      [],
      { ch: '1100 settlement txn_ch', 'ch#1': '0 settlement txn_ch', 'ch#fee': '-1110 settlement txn_ch' },
    ],
    [
      '2: an object whose currency was corrected',
      [
        entry('re', -500, 'gbp'),
        entry('re#1', 500, 'gbp'),
        entry('re#2', -450, 'eur'),
        entry('re#fee', 0, 'eur', [-495, 'usd']),
      ],
      EUR_USD,
      {
        re: '0 settlement txn_re#fee',
        're#1': '0 settlement txn_re#fee',
        're#2': '-495 settlement txn_re#fee',
        're#fee': '0 settlement txn_re#fee',
      },
    ],
    [
      '3: refunds and disputes that are not settled yet go back by the charge’s rate, to nothing',
      [
        entry('ch', 1000, 'eur', [1101, 'usd']),
        entry('re1', -333, 'eur', null, 1),
        entry('re2', -333, 'eur', null, 2),
        entry('tx', -334, 'eur', null, 3),
      ],
      EUR_USD,
      { ch: '1101 settlement txn_ch', re1: '-367 charge txn_ch', re2: '-366 charge txn_ch', tx: '-368 charge txn_ch' },
    ],
    [
      '3 does not say a dispute in a third currency; 4 does not either without a rate',
      [entry('ch', 1000, 'eur', [1100, 'usd']), entry('tx', -900, 'gbp', null, 1)],
      EUR_USD,
      { ch: '1100 settlement txn_ch', tx: 'apart' },
    ],
    [
      '4: settled in another currency',
      [entry('ch', 1000, 'eur', [870, 'gbp'])],
      EUR_USD,
      { ch: '1093 rate 2026-11-02 eur/usd 1.0931' },
    ],
    ['4: not settled', [entry('ch', 1000, 'eur')], EUR_USD, { ch: '1093 rate 2026-11-02 eur/usd 1.0931' }],
    [
      '4: the latest rate, seven days before',
      [entry('ch', 1000, 'eur', null, 7)],
      EUR_USD,
      { ch: '1093 rate 2026-11-02 eur/usd 1.0931' },
    ],
    ['none: a rate that is eight days old says nothing', [entry('ch', 1000, 'eur', null, 8)], EUR_USD, { ch: 'apart' }],
    ['none: a later day’s rate says nothing', [entry('ch', 1000, 'eur', null, -1)], EUR_USD, { ch: 'apart' }],
    [
      '4: a refund that was taken back on a day without a rate is none, and no rate is missed for it',
      [
        entry('ch', 1000, 'eur'),
        entry('ch#refunds', -250, 'eur', null, 8),
        entry('ch#refunds#1', 250, 'eur', null, 8),
        entry('re', -250, 'eur', null, 7),
      ],
      EUR_USD,
      {
        ch: '1093 rate 2026-11-02 eur/usd 1.0931',
        'ch#refunds': '0 rate',
        'ch#refunds#1': '0 rate',
        re: '-273 rate 2026-11-02 eur/usd 1.0931',
      },
    ],
    [
      'none: what was taken back in part still misses its rate',
      [entry('ch', 1000, 'eur'), entry('ch#refunds', -250, 'eur', null, 8), entry('ch#refunds#1', 100, 'eur', null, 8)],
      EUR_USD,
      { ch: '1093 rate 2026-11-02 eur/usd 1.0931', 'ch#refunds': 'apart', 'ch#refunds#1': 'apart' },
    ],
    [
      '4: what was settled in two currencies, by the rate of the day',
      [entry('ch', 1000, 'eur', [770, 'usd']), entry('ch#gbp', 0, 'eur', [261, 'gbp'])],
      EUR_USD,
      { ch: '1093 rate 2026-11-02 eur/usd 1.0931', 'ch#gbp': '0 rate 2026-11-02 eur/usd 1.0931' },
    ],
  ];
  for (const [title, entries, rates, expected] of stories) {
    test(title, () => {
      assert.deepEqual(said(entries, 'usd', rates), expected);
      assert.deepEqual(said(entries.toReversed(), 'usd', rates), expected);
    });
  }
});

describe('fees', () => {
  const feeOf = (entries: LedgerEntry[], to: string, rates: Rate[] = []) =>
    convertEntries(entries, to, rateTable(rates)).map(({ fee }) => fee && `${fee.amountMinor} ${fee.by}`);
  test('in the reporting currency, by their own settlement, by a rate, or apart', () => {
    assert.deepEqual(feeOf([entry('ch', 1000, 'eur', [1100, 'usd', 62])], 'usd'), ['62 same']);
    assert.deepEqual(feeOf([entry('ch', 1100, 'usd', [1000, 'eur', 59])], 'usd', EUR_USD), ['65 settlement']);
    assert.deepEqual(feeOf([entry('ch', 1100, 'usd'), entry('ch#fee', 0, 'usd', [1000, 'eur', 59])], 'usd'), [
      null,
      '65 settlement',
    ]);
    assert.deepEqual(feeOf([entry('ch', 1000, 'eur', [1000, 'eur', 59])], 'usd', EUR_USD), ['64 rate']);
    assert.deepEqual(feeOf([entry('ch', 1000, 'eur', [1000, 'eur', 59])], 'usd'), [null]);
    assert.deepEqual(feeOf([entry('ch', 1000, 'eur')], 'usd', EUR_USD), [null]);
  });
});

const CURRENCIES = ['usd', 'eur', 'jpy', 'kwd'] as const;
const DAYS = Array.from({ length: 20 }, (_, index) => new Date(START + index * DAY_MS).toISOString().slice(0, 10));
const someRates = fc
  .uniqueArray(
    fc.record({
      day: fc.constantFrom(...DAYS),
      base: fc.constantFrom(...CURRENCIES),
      quote: fc.constantFrom(...CURRENCIES),
      rate: fc
        .integer({ min: 1, max: 9_999_999 })
        .map((value) => `${Math.floor(value / 10_000)}.${String(value % 10_000).padStart(4, '0')}`),
    }),
    { selector: ({ day, base, quote }) => `${day} ${base} ${quote}` },
  )
  .map((rates) => rates.filter((it) => it.base !== it.quote && it.rate !== '0.0000'));

const someObject = fc.record({
  prefix: fc.constantFrom('re', 'tx'),
  amountMinor: fc.integer({ min: -100_000, max: 100_000 }),
  currency: fc.constantFrom(...CURRENCIES),
  day: fc.integer({ min: 0, max: 19 }),
  settled: fc.option(
    fc.tuple(
      fc.integer({ min: -99_999, max: 99_999 }),
      fc.constantFrom(...CURRENCIES),
      fc.integer({ min: 0, max: 99 }),
    ),
  ),
});
/** What is desired of one payment at several moments: each object's amount and settlement may change. */
const wishes = fc
  .array(fc.array(someObject, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
  .map((moments) => {
    const [first] = moments;
    return moments.map((moment) =>
      first!.map(({ prefix, currency, day }, index) => {
        const { amountMinor, settled } = moment[index] ?? first![index]!;
        return entry(index === 0 ? 'ch' : `${prefix}${index}`, amountMinor, currency, settled, day);
      }),
    );
  });
/** The ledger after all of them. */
const booked = (moments: LedgerEntry[][]) =>
  moments.reduce<LedgerEntry[]>((ledger, desired) => [...ledger, ...corrections(ledger, desired)], []);

describe('for any ledger', () => {
  test('what was settled in the reporting currency adds up to it, object by object', () => {
    fc.assert(
      fc.property(wishes, someRates, (moments, rates) => {
        const ledger = booked(moments);
        const converted = convertEntries(ledger, 'usd', rateTable(rates));
        for (const [object, entries] of Map.groupBy(ledger, (it) => moneyObjectOf(it.id))) {
          const currencies = new Set(entries.filter((it) => it.settledMinor !== null).map((it) => it.settledCurrency));
          if (currencies.size !== 1 || !currencies.has('usd') || entries.some((it) => it.currency === 'usd')) continue;
          const total = converted
            .filter((it) => moneyObjectOf(it.entry.id) === object)
            .reduce((sum, it) => sum + it.amount!.amountMinor, 0);
          assert.equal(
            total,
            entries.reduce((sum, it) => sum + (it.settledMinor ?? 0), 0),
          );
        }
      }),
    );
  });

  test('the order of the entries does not matter', () => {
    fc.assert(
      fc.property(wishes, someRates, fc.infiniteStream(fc.nat()), (moments, rates, numbers) => {
        const ledger = booked(moments);
        const shuffled = ledger
          .map((it) => ({ it, at: numbers.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ it }) => it);
        assert.deepEqual(
          convertEntries(shuffled, 'usd', rateTable(rates)),
          convertEntries(ledger, 'usd', rateTable(rates)),
        );
      }),
    );
  });

  test('the history of corrections does not matter: every object converts to the same', () => {
    fc.assert(
      fc.property(wishes, someRates, (moments, rates) => {
        const sums = (ledger: LedgerEntry[]) => {
          const totals = new Map<string, number>();
          for (const { entry: it, amount } of convertEntries(ledger, 'usd', rateTable(rates))) {
            const key = `${moneyObjectOf(it.id)} ${it.occurredAt}`;
            if (amount) totals.set(key, (totals.get(key) ?? 0) + amount.amountMinor);
          }
          return Object.fromEntries([...totals].filter(([, total]) => total !== 0).sort());
        };
        const last = moments.at(-1)!.map((it, index) => {
          // A settlement that was known is not forgotten.
          const known = moments.map((moment) => moment[index]!).findLast((wish) => wish.settledMinor !== null);
          const {
            settledMinor = null,
            settledCurrency = null,
            feeMinor = null,
            balanceTransaction = null,
          } = known ?? {};
          return { ...it, settledMinor, settledCurrency, feeMinor, balanceTransaction };
        });
        const currenciesChange = moments.some((moment) =>
          moment.some(
            (it, index) => it.settledCurrency !== null && it.settledCurrency !== last[index]!.settledCurrency,
          ),
        );
        fc.pre(!currenciesChange);
        assert.deepEqual(sums(booked(moments)), sums(booked([last])));
      }),
    );
  });

  test('without rates and settlement nothing is guessed', () => {
    fc.assert(
      fc.property(wishes, (moments) => {
        const bare = booked(
          moments.map((moment) =>
            moment.map((it) => ({ ...it, settledMinor: null, settledCurrency: null, feeMinor: null })),
          ),
        );
        for (const { entry: it, amount } of convertEntries(bare, 'usd', NO_RATES)) {
          const ofDay = bare.filter(
            (other) =>
              moneyObjectOf(other.id) === moneyObjectOf(it.id) &&
              other.currency === it.currency &&
              rateDay(other.occurredAt) === rateDay(it.occurredAt),
          );
          // Taken back on its day: no rate is missed for money that did not move.
          const isNothing = ofDay.length > 1 && ofDay.reduce((sum, other) => sum + other.amountMinor, 0) === 0;
          if (isNothing && it.currency !== 'usd') assert.equal(amount?.amountMinor, 0);
          else assert.equal(amount?.by ?? null, it.currency === 'usd' ? 'same' : null);
        }
      }),
    );
  });
});
