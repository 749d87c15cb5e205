import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAPTURE_STORIES } from './fold-capture-stories.fixture.ts';
import { MONEY_STORIES } from './fold-money-stories.fixture.ts';
import { STORIES } from './fold-stories.fixture.ts';
import type { Story } from './fold-stories.fixture.ts';
import { foldPayment } from './fold.ts';
import type { FoldedPayment } from './fold.ts';
import { rungOf } from './ladder.ts';
import { corrections, moneyObjectOf, sumLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import { mergeAll } from './merge.ts';
import { balanceOf, permutations, settledOf } from './objects.fixture.ts';
import type { ProviderObject } from './payment.ts';

/**
 * Every story is told in every order (all permutations up to 7 snapshots), each order followed by the whole story once
 * more: the ledger is appended to after every snapshot, as webhooks would, and must end the same.
 */
const options = (story: Story) => ({
  site: 's1',
  connection: 'c1',
  mode: 'live' as const,
  checkouts: story.checkouts ?? [],
  offStripe: story.offStripe ?? false,
});

/** What webhooks in this order leave behind. */
function live(story: Story, order: readonly ProviderObject[]) {
  const charge = story.charge ?? 'ch_1';
  let known: ProviderObject[] = [];
  let ledger: LedgerEntry[] = [];
  let folded: FoldedPayment | null = null;
  for (const snapshot of order) {
    known = mergeAll([...known, snapshot]);
    folded = foldPayment(charge, known, options(story));
    ledger = [...ledger, ...corrections(ledger, folded.entries)];
  }
  return { known, folded: folded!, ledger };
}

/** Sums per money object and day: what two histories of the same facts must agree in. */
function bookOf(ledger: readonly LedgerEntry[]): string {
  const sums = new Map<string, number>();
  const add = (key: string, value: number) => sums.set(key, (sums.get(key) ?? 0) + value);
  for (const entry of ledger) {
    const object = moneyObjectOf(entry.id);
    add(`${object} ${entry.kind} ${entry.currency} ${entry.occurredAt}`, entry.amountMinor);
    add(`${object} settled ${entry.settledCurrency}`, entry.settledMinor ?? 0);
    add(`${object} fee ${entry.settledCurrency}`, entry.feeMinor ?? 0);
  }
  return JSON.stringify([...sums].filter(([, sum]) => sum !== 0).sort());
}

for (const story of [...STORIES, ...CAPTURE_STORIES, ...MONEY_STORIES]) {
  test(story.name, () => {
    const first = live(story, story.snapshots);
    const expectedBook = bookOf(first.ledger);
    const expected = JSON.stringify(first.folded);
    let told = 0;
    for (const order of permutations(story.snapshots)) {
      const once = live(story, order);
      // Of the 5040 orders of seven, every eleventh is told twice: each one would only cost time.
      told += 1;
      const twice = story.snapshots.length < 7 || told % 11 === 0 ? live(story, [...order, ...order]) : once;
      const shown = order.map((object) => object.id).join(', ');
      for (const history of [once, twice]) {
        assert.equal(bookOf(history.ledger), expectedBook, `the ledger differs in the order ${shown}`);
        assert.equal(JSON.stringify(history.folded), expected, `the fold differs in the order ${shown}`);
        assert.deepEqual(corrections(history.ledger, history.folded.entries), [], 'a second fold appends nothing');
      }
      assert.equal(new Set(twice.ledger.map((entry) => entry.id)).size, twice.ledger.length, 'entry ids are unique');
      assert.equal(once.ledger.length, twice.ledger.length, 'duplicates append nothing');
    }
    check(story, first);
  });
}

function check(story: Story, { folded, ledger }: ReturnType<typeof live>) {
  const { payment, links, wanted } = folded;
  const { expect } = story;
  const sums = sumLedger(ledger);
  const best = links[0];
  const actual = {
    payment: payment === null ? null : undefined,
    gross: sums.grossMinor,
    refunded: sums.refundedMinor,
    disputed: sums.disputedMinor,
    apart: sumsApart(ledger, payment?.currency),
    tax: payment?.taxMinor,
    product: payment?.product,
    price: payment?.price,
    coupon: payment?.coupon,
    fee: sums.feeMinor,
    feeCurrency: sums.feeCurrency,
    currency: payment?.currency,
    kind: payment?.kind,
    pathEndsAt: payment?.pathEndsAt,
    customer: payment?.customer,
    subscription: payment?.subscription,
    link: best ? `${rungOf(best)} ${best.object} ${best.value}` : null,
    wanted: wanted.map((want) => `${want.kind}${want.by ? ` by ${want.by}` : ''} ${want.id}`),
  };
  for (const [key, value] of Object.entries(expect)) assert.deepEqual(actual[key as keyof typeof actual], value, key);
  if (payment) {
    assert.deepEqual({ ...payment, ...sums }, payment, 'the payment is what its ledger adds up to');
    // Stripe says the second, others say the moment.
    const isOutside = story.snapshots.some((it) => it.kind === 'charge' && it.outside !== undefined);
    assert.equal(payment.occurredAt % 1000, isOutside ? 0 : 999);
  }
  assert.deepEqual(settledOf(ledger), balanceOf(story.snapshots), 'the ledger equals the balance transactions');
}

function sumsApart(ledger: readonly LedgerEntry[], currency: string | undefined): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const entry of ledger.filter((it) => it.currency !== currency && it.amountMinor !== 0)) {
    const key = `${entry.kind} ${entry.currency}`;
    sums[key] = (sums[key] ?? 0) + entry.amountMinor;
  }
  return sums;
}
