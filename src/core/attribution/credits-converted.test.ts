import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { convertEntries } from '../exchange.ts';
import type { LedgerEntry } from '../ledger.ts';
import { rateTable } from '../rates.ts';
import type { CreditRow } from './credit.ts';
import { entry, path, payment, sum } from './credits.fixture.ts';
import { creditChanges } from './credit-changes.ts';
import { creditRows, unattributedRows } from './credits.ts';
import { RULE_MODELS } from './models.ts';

describe('what is converted', () => {
  const rates = rateTable([
    { day: '1970-01-12', base: 'usd', quote: 'eur', rate: '0.913' },
    { day: '1970-01-14', base: 'usd', quote: 'eur', rate: '0.927' },
    { day: '1970-01-14', base: 'usd', quote: 'jpy', rate: '154.3' },
  ]);
  const someEntry = fc.record({
    kind: fc.constantFrom('charge', 'refund', 'dispute'),
    minor: fc.integer({ min: 0, max: 99_999 }),
    currency: fc.constantFrom('usd', 'usd', 'eur', 'jpy', 'xof'),
    day: fc.integer({ min: 8, max: 20 }),
    settled: fc.option(fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.constantFrom('eur', 'usd'), fc.nat(500))),
  });
  const ledgers = fc.array(someEntry, { maxLength: 6 }).map((drawn) =>
    [{ kind: 'charge' as const, minor: 9_999, currency: 'usd', day: 10, settled: null }, ...drawn].map((it, index) => {
      const kind = index === 0 ? ('charge' as const) : (it.kind as LedgerEntry['kind']);
      const sign = kind === 'charge' ? 1 : -1;
      const [settledMinor, settledCurrency, feeMinor] = it.settled ?? [null, null, null];
      const settlement = { settledMinor: settledMinor && settledMinor * sign, settledCurrency, feeMinor };
      return { ...entry(kind, `${kind}_${index}`, it.minor * sign, it.day), currency: it.currency, ...settlement };
    }),
  );
  const modelSums = (rows: CreditRow[], pick: (row: CreditRow) => Record<string, number> | undefined) =>
    RULE_MODELS.map((model) => sum(rows.map((row) => pick(row)?.[model] ?? 0)));

  test('every entry’s credits add up to its converted amount and fee, under every model', () => {
    fc.assert(
      fc.property(ledgers, fc.constantFrom('eur', 'jpy'), fc.integer({ min: 0, max: 4 }), (entries, to, length) => {
        const conversion = { to, entries: convertEntries(entries, to, rates) };
        const taxed = { ...payment, taxMinor: 1_597 };
        const touched = path(Array.from({ length }, (_, index) => `s${index}`));
        const rows =
          length === 0
            ? unattributedRows(taxed, entries, 'no_visitor_id', conversion)
            : creditRows(taxed, entries, touched, conversion);
        const plain =
          length === 0 ? unattributedRows(taxed, entries, 'no_visitor_id') : creditRows(taxed, entries, touched);
        const own = rows.filter((row) => row.money === undefined);
        assert.deepEqual(
          own.map(({ convertedTo: _converted, feesConvertedTo: _fees, ...row }) => row),
          plain,
          'the rows of the ledger stay as they are',
        );
        for (const { entry: one, amount, fee } of conversion.entries) {
          const further = rows.filter((row) => row.money === to && row.entry.id === one.id);
          const said = own.find((row) => row.entry.id === one.id)!;
          const isConverted = amount !== null && amount.by !== 'same';
          const isFeeConverted = fee !== null && fee.by !== 'same';
          assert.equal(said.convertedTo, isConverted ? to : undefined);
          assert.equal(said.feesConvertedTo, isFeeConverted ? to : undefined);
          assert.equal(further.length, isConverted || isFeeConverted ? Math.max(1, length) : 0);
          const expected = (wanted: number) => RULE_MODELS.map(() => wanted);
          assert.deepEqual(
            modelSums(further, (row) => row.amounts),
            expected(isConverted ? amount.amountMinor : 0),
          );
          assert.deepEqual(
            modelSums(further, (row) => row.fees),
            expected(isFeeConverted ? fee.amountMinor : 0),
          );
        }
        assert.deepEqual(creditChanges(rows, JSON.parse(JSON.stringify(rows)) as CreditRow[]), []);
      }),
    );
  });

  test('a full refund at the charge’s rate leaves nothing at any touchpoint, nor tax', () => {
    const settled = { settledMinor: 9_13, settledCurrency: 'eur', feeMinor: 59, balanceTransaction: 'txn_1' };
    const entries = [
      { ...entry('charge', 'ch_1', 10_00), ...settled },
      ...[1, 2, 3].map((nth) => entry('refund', `re_${nth}`, nth === 3 ? -3_34 : -3_33, 10 + nth)),
    ];
    const conversion = { to: 'eur', entries: convertEntries(entries, 'eur', rateTable([])) };
    const rows = creditRows({ ...payment, taxMinor: 1_60 }, entries, path(['a', 'b', 'c']), conversion);
    for (const position of [0, 1, 2]) {
      const further = rows.filter((row) => row.money === 'eur' && row.position === position);
      assert.deepEqual(
        modelSums(further, (row) => row.amounts),
        RULE_MODELS.map(() => 0),
      );
      assert.deepEqual(
        modelSums(further, (row) => row.taxes),
        RULE_MODELS.map(() => 0),
      );
    }
    const charged = rows.filter((row) => row.money === 'eur' && row.entry.kind === 'charge');
    assert.equal(sum(charged.map((row) => row.taxes!.linear)), 1_46);
  });
});
