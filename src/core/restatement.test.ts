import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { entry, path, payment } from './attribution/credits.fixture.ts';
import { creditRows, unattributedRows } from './attribution/credits.ts';
import { RULE_MODELS } from './attribution/models.ts';
import type { LedgerEntry } from './ledger.ts';
import { CHANGES_MAX, restatementOf } from './restatement.ts';
import type { RestatementReason } from './restatement.ts';

const LINK = { object: 'ch_1', field: 'metadata.hw_visitor_id', value: 'v1' };
/** A source is of the visitor at its place; of the last one where there are fewer. */
const credited = (sources: string[], entries: LedgerEntry[], visitors = ['v1']) => {
  const touchpoints = path(sources).map((touch, at) => ({ ...touch, visitor: visitors[at] ?? visitors.at(-1)! }));
  const rows = creditRows(payment, entries, touchpoints);
  return { visitor: visitors[0]!, visitors, reason: null, usedLink: LINK, rows };
};
const unattributed = (reason: string, entries: LedgerEntry[]) => ({
  ...{ visitor: null, visitors: [], reason, usedLink: null, rows: unattributedRows(payment, entries, reason) },
});
const CHARGE = [entry('charge', 'ch_1', 10_00)];

describe('what a restatement says', () => {
  test('nothing of the first credit, nor of what leaves every credit as it was', () => {
    assert.equal(
      restatementOf(['new_payment'], { ...unattributed('pending', []), rows: [] }, credited(['a'], CHARGE)),
      null,
    );
    const withFee = [{ ...CHARGE[0]!, feeMinor: 59, settledCurrency: 'usd' }];
    assert.equal(restatementOf(['payment_details'], credited(['a'], CHARGE), credited(['a'], withFee)), null);
  });

  const found: [why: string, asked: RestatementReason[], left: RestatementReason[], before: object, after: object][] = [
    ['a hit', ['late_hit'], ['late_hit'], unattributed('visitor_never_seen', CHARGE), credited(['a'], CHARGE)],
    [
      'a join, by the hit that told it',
      ['late_hit', 'identity_joined'],
      ['identity_joined'],
      credited(['a'], CHARGE),
      credited(['a', 'b'], CHARGE, ['v1', 'v2']),
    ],
    [
      'a link, and a hit of the visitor who was not known before',
      ['late_hit', 'late_link'],
      ['late_link'],
      unattributed('no_visitor_id', CHARGE),
      credited(['a'], CHARGE),
    ],
    [
      'a payment of the same customer, and a hit on the way back from it',
      ['customer_joined', 'late_hit'],
      ['customer_joined'],
      credited(['a'], CHARGE),
      credited(['a', 'b'], CHARGE, ['v1', 'v2']),
    ],
    [
      'a payment of the same customer, and a hit that came late',
      ['customer_joined', 'late_hit'],
      ['customer_joined', 'late_hit'],
      credited(['a'], CHARGE),
      credited(['a', 'c', 'b'], CHARGE, ['v1', 'v1', 'v2']),
    ],
    [
      'a refund, and a hit that changed nothing else',
      ['late_hit', 'refund', 'identity_joined'],
      ['refund'],
      credited(['a'], CHARGE),
      credited(['a'], [...CHARGE, entry('refund', 're_1', -1_00)]),
    ],
    [
      'a link to a visitor who came later',
      ['late_link', 'new_payment'],
      ['late_link'],
      unattributed('no_visitor_id', CHARGE),
      unattributed('visitor_seen_after_payment', CHARGE),
    ],
    ['something unforeseen', ['new_payment'], ['new_payment'], credited(['a'], CHARGE), credited(['b'], CHARGE)],
  ];
  for (const [why, asked, left, before, after] of found) {
    test(`${why}: ${left.join()}`, () => {
      const said = restatementOf(asked, before as ReturnType<typeof credited>, after as ReturnType<typeof credited>);
      assert.deepEqual(said!.reasons, left);
    });
  }

  test('that it is unattributed for another reason, or known by another visitor of the same source', () => {
    const other = restatementOf(
      ['late_link'],
      unattributed('no_visitor_id', CHARGE),
      unattributed('visitor_never_seen', CHARGE),
    );
    assert.deepEqual([other!.unattributed, other!.changes], [['no_visitor_id', 'visitor_never_seen'], []]);
    const moved = restatementOf(['late_link'], credited(['a'], CHARGE), credited(['a'], CHARGE, ['v2']));
    assert.deepEqual([moved!.visitor, moved!.changes], [['v1', 'v2'], []]);
  });

  test('amounts that add up to what was and is credited, whatever the number of sources', () => {
    const source = fc.stringMatching(/^[a-z]{1,2}$/);
    const sources = fc.array(source, { minLength: 1, maxLength: 120 });
    const amount = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(sources, sources, amount, amount, (before, after, charged, refunded) => {
        const entries = [entry('charge', 'ch_1', charged)];
        const later = [...entries, entry('refund', 're_1', -Math.min(refunded, charged), 11)];
        const said = restatementOf(['refund'], credited(before, entries), credited(after, later))!;
        assert.ok(said.changes.length <= CHANGES_MAX + 1);
        for (const model of RULE_MODELS) {
          const pairs = said.changes.flatMap(({ models }) => (models[model] ? [models[model]] : []));
          const change = pairs.reduce((sum, [from, to]) => sum + to - from, 0);
          assert.equal(change, -Math.min(refunded, charged), model);
        }
      }),
      { numRuns: 60 },
    );
  });
});
