import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { LedgerEntry } from '../ledger.ts';
import { entry, path, payment, sum } from './credits.fixture.ts';
import { creditChanges } from './credit-changes.ts';
import { creditedPath, creditRows, creditsByTouchpoint, taxEntries, unattributedRows } from './credits.ts';
import { RULE_MODELS } from './models.ts';

const linear = (entries: LedgerEntry[], sources: string[]) =>
  creditsByTouchpoint(creditRows(payment, entries, path(sources))).linear;

describe('what is taken back', () => {
  test('a refund takes back what the charge gave', () => {
    const bought = entry('charge', 'ch_1', 10_00);
    assert.deepEqual(linear([bought], ['a', 'b', 'c']), [334, 333, 333]);
    assert.deepEqual(linear([bought, entry('refund', 're_1', -10_00, 12)], ['a', 'b', 'c']), [0, 0, 0]);
  });

  test('ten refunds of 1.00 leave nothing anywhere, as one of 10.00 does', () => {
    const refunds = Array.from({ length: 10 }, (_, index) => entry('refund', `re_${index}`, -1_00, 11 + index));
    assert.deepEqual(linear([entry('charge', 'ch_1', 10_00), ...refunds], ['a', 'b', 'c']), [0, 0, 0]);
  });

  test('a lost dispute after a partial refund leaves nothing', () => {
    const entries = [
      entry('charge', 'ch_1', 9_99),
      entry('refund', 're_1', -1_00, 11),
      entry('dispute', 'txn', -8_99, 12),
    ];
    assert.deepEqual(linear(entries, ['a', 'b']), [0, 0]);
  });

  test('a reinstated dispute gives back exactly what it took', () => {
    const bought = entry('charge', 'ch_1', 9_99);
    const after = linear([bought, entry('dispute', 'd', -9_99, 12), entry('dispute', 'd2', 9_99, 20)], ['a', 'b']);
    assert.deepEqual(after, linear([bought], ['a', 'b']));
  });

  test('a correction of the charge is shared cumulatively, and refunds follow the corrected credits', () => {
    const corrected = [entry('charge', 'ch_1', 10_00), entry('charge', 'ch_1#2', -3_00, 11)];
    assert.deepEqual(linear(corrected, ['a', 'b', 'c']), [234, 233, 233]);
    assert.deepEqual(linear([...corrected, entry('refund', 're_1', -7_00, 12)], ['a', 'b', 'c']), [0, 0, 0]);
  });

  test('a refund that is known before its charge is shared like the charge will be', () => {
    assert.deepEqual(linear([entry('refund', 're_1', -5_00)], ['a', 'b']), [-250, -250]);
  });

  test('entries share in the order (created, id), whatever order they are given in', () => {
    const entries = [entry('charge', 'ch_1', 10), entry('refund', 're_b', -1, 11), entry('refund', 're_a', -1, 11)];
    const rows = creditRows(payment, entries, path(['a', 'b', 'c']));
    const refunds = rows.filter((row) => row.entry.kind === 'refund').map((row) => [row.entry.id, row.amounts.linear]);
    // The charge gave 4, 3, 3: one unit taken back is nearest to a's share; of two units, a's 0.8 and b's 0.6 round up.
    assert.deepEqual(refunds, [
      ['re_a', -1],
      ['re_a', 0],
      ['re_a', 0],
      ['re_b', 0],
      ['re_b', -1],
      ['re_b', 0],
    ]);
    assert.deepEqual(creditRows(payment, entries.toReversed(), path(['a', 'b', 'c'])), rows);
  });
});

const sources = fc.array(fc.constantFrom('', 'google', 'news', 'x'), { minLength: 1, maxLength: 9 });
const reversals = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 8 });

test('for every model: each entry adds up, nothing is taken below zero, a full refund leaves 0 at every touchpoint', () => {
  fc.assert(
    fc.property(sources, fc.integer({ min: 1, max: 100_000 }), reversals, (names, paidMinor, wanted) => {
      const entries = [entry('charge', 'ch_1', paidMinor)];
      let left = paidMinor;
      for (const [index, amount] of wanted.entries()) {
        const taken = Math.min(amount, left);
        left -= taken;
        if (taken > 0) entries.push(entry(index % 2 ? 'dispute' : 'refund', `re_${index}`, -taken, 11 + index));
      }
      const rows = creditRows(payment, entries, path(names));
      for (const model of RULE_MODELS) {
        for (const one of entries) {
          const amounts = rows.filter((row) => row.entry.id === one.id).map((row) => row.amounts[model]);
          assert.equal(sum(amounts), one.amountMinor, model);
        }
        const credits = creditsByTouchpoint(rows)[model]!;
        assert.equal(sum(credits), left);
        assert.ok(credits.every((amount) => amount >= 0));
      }
      if (left > 0) entries.push(entry('refund', 're_rest', -left, 99));
      const zeros = creditsByTouchpoint(creditRows(payment, entries, path(names)));
      for (const model of RULE_MODELS) assert.ok(zeros[model]!.every((amount) => amount === 0));
    }),
  );
});

test('any entries, negative ones first or more taken than given: every entry still adds up', () => {
  const anyEntries = fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom('charge' as const, 'refund' as const, 'dispute' as const),
      id: fc.uuid(),
      amountMinor: fc.integer({ min: -10_000, max: 10_000 }),
      day: fc.integer({ min: 0, max: 4 }),
    }),
    { selector: (one) => one.id, maxLength: 8 },
  );
  fc.assert(
    fc.property(sources, anyEntries, (names, list) => {
      const entries = list.map((one) => entry(one.kind, one.id, one.amountMinor, one.day));
      const credits = creditsByTouchpoint(creditRows(payment, entries, path(names)));
      for (const model of entries.length > 0 ? RULE_MODELS : []) {
        assert.equal(sum(credits[model]!), sum(entries.map((one) => one.amountMinor)));
      }
    }),
  );
});

describe('credit rows', () => {
  const entries = [entry('charge', 'ch_1', 10_00), entry('refund', 're_1', -4_00, 12)];

  test('of an unattributed payment carry every entry whole, under every model, with the reason', () => {
    const rows = unattributedRows(payment, entries, 'visitor_never_seen');
    assert.deepEqual(
      rows.map((row) => [row.position, row.touchpoint, row.reason, row.amounts.linear, row.amounts.time_decay]),
      [
        [-1, null, 'visitor_never_seen', 1000, 1000],
        [-1, null, 'visitor_never_seen', -400, -400],
      ],
    );
    assert.deepEqual([creditsByTouchpoint(rows), creditedPath(rows)], [{}, []]);
  });

  test('tell their path again', () => {
    assert.deepEqual(creditedPath(creditRows(payment, entries, path(['a', 'b']))), path(['a', 'b']));
  });

  test('that did not change are not written again', () => {
    const rows = creditRows(payment, entries, path(['a', 'b']));
    assert.deepEqual(creditChanges(rows, structuredClone(rows)), []);
    // Only the payment's sums changed: they are no part of a credit.
    assert.deepEqual(
      creditChanges(rows, creditRows({ ...payment, refundedMinor: 400 }, entries, path(['a', 'b']))),
      [],
    );
  });

  test('that changed are cancelled first, then written anew; the sum is what stands now', () => {
    const before = unattributedRows(payment, entries, 'pending');
    const after = creditRows(payment, entries, path(['a', 'b']));
    const changes = creditChanges(before, after);
    assert.deepEqual(
      changes.map((row) => row.sign),
      [-1, -1, 1, 1, 1, 1],
    );
    const total = sum(changes.map((row) => row.sign * row.amounts.linear));
    assert.equal(total, 0);
  });

  test('of a later refund add its rows and touch no others', () => {
    const before = creditRows(payment, entries.slice(0, 1), path(['a', 'b']));
    const changes = creditChanges(before, creditRows(payment, entries, path(['a', 'b'])));
    assert.deepEqual(
      changes.map((row) => [row.entry.id, row.sign]),
      [
        ['re_1', 1],
        ['re_1', 1],
      ],
    );
  });
});

describe('fees and taxes', () => {
  const feeOf = (one: LedgerEntry, feeMinor: number, settledCurrency = 'usd'): LedgerEntry => ({
    ...one,
    feeMinor,
    settledCurrency,
    settledMinor: one.amountMinor,
  });
  const partsOf = (rows: ReturnType<typeof creditRows>, of: 'fees' | 'taxes', model: (typeof RULE_MODELS)[number]) =>
    [...Map.groupBy(rows, (row) => row.entry.id)].map(([id, ofEntry]) => [
      id,
      ...ofEntry.map((row) => row[of]![model]),
    ]);

  test('a fee is shared by the model, and what comes back is taken from where it was laid', () => {
    const entries = [
      feeOf(entry('charge', 'ch_1', 1000), 59),
      feeOf(entry('dispute', 'txn_w', -1000, 12), 1500),
      feeOf(entry('dispute', 'txn_x', 1000, 14), -1500),
    ];
    const rows = creditRows(payment, entries, path(['a', 'b']));
    assert.deepEqual(partsOf(rows, 'fees', 'linear'), [
      ['ch_1', 30, 29],
      ['txn_w', 750, 750],
      ['txn_x', -750, -750],
    ]);
    assert.deepEqual(partsOf(rows, 'fees', 'last_touch')[0], ['ch_1', 0, 59]);
  });

  test('a fee that becomes known late stands on its own entry, of amount 0', () => {
    const entries = [entry('charge', 'ch_1', 1000), feeOf(entry('charge', 'ch_1#fee', 0), 59)];
    const rows = creditRows(payment, entries, path(['a', 'b']));
    assert.deepEqual(partsOf(rows, 'fees', 'linear'), [
      ['ch_1', 0, 0],
      ['ch_1#fee', 30, 29],
    ]);
  });

  test('tax follows what stands: half refunded, half the tax; all refunded, none', () => {
    const taxed = { ...payment, taxMinor: 361 };
    const entries = [
      entry('charge', 'ch_1', 2261),
      entry('refund', 're_1', -1000, 11),
      entry('refund', 're_2', -1261, 12),
    ];
    assert.deepEqual(
      taxEntries(taxed, entries).map((one) => one.amountMinor),
      [361, -160, -201],
    );
    const rows = creditRows(taxed, entries, path(['a', 'b', 'c']));
    for (const position of [0, 1, 2]) {
      assert.equal(sum(rows.filter((row) => row.position === position).map((row) => row.taxes!.linear)), 0);
    }
    assert.deepEqual(
      unattributedRows(taxed, entries, 'pending').map((row) => row.taxes!.time_decay),
      [361, -160, -201],
    );
  });

  test('a dispute in another currency takes back by the charge, and is added to nothing', () => {
    const foreign = { ...entry('dispute', 'txn_w', -1190, 12), currency: 'eur' };
    const rows = creditRows(payment, [entry('charge', 'ch_1', 1000), foreign], path(['a', 'b']));
    assert.deepEqual(
      rows.map((row) => row.amounts.linear),
      [500, 500, -595, -595],
    );
    assert.deepEqual(creditsByTouchpoint(rows).linear, [500, 500]);
  });

  test('whatever the entries and the model, the parts of each fee and of each tax add up to it', () => {
    const any = fc.record({
      kind: fc.constantFrom('charge', 'refund', 'dispute'),
      amountMinor: fc.integer({ min: -5000, max: 5000 }),
      day: fc.integer({ min: 1, max: 9 }),
      feeMinor: fc.option(fc.integer({ min: -2000, max: 2000 })),
      settledCurrency: fc.constantFrom('usd', 'eur'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), fc.nat(900), (made, length, tax) => {
        const entries = made.map(({ kind, amountMinor, day, ...settled }, index) => ({
          ...entry(kind as LedgerEntry['kind'], `e_${index}`, amountMinor, day),
          ...settled,
        }));
        const taxed = { ...payment, taxMinor: tax };
        const taxes = new Map(taxEntries(taxed, entries).map((one) => [one.id, one.amountMinor]));
        const rows = creditRows(taxed, entries, path(Array.from({ length }, (_, index) => `s${index}`)));
        for (const [id, ofEntry] of Map.groupBy(rows, (row) => row.entry.id)) {
          for (const model of RULE_MODELS) {
            assert.equal(sum(ofEntry.map((row) => row.fees![model])), ofEntry[0]!.entry.feeMinor ?? 0);
            assert.equal(sum(ofEntry.map((row) => row.taxes![model])), taxes.get(id) ?? 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
