import { endOfSecond } from './gather.ts';
import type { PaymentFacts } from './gather.ts';
import type { LedgerEntry } from './ledger.ts';
import { PARTIAL_CAPTURE_REVERSAL } from './payment.ts';
import type { BalanceTransactionObject, ChargeObject, DisputeObject, RefundObject } from './payment.ts';

type Settlement = Pick<LedgerEntry, 'balanceTransaction' | 'settledMinor' | 'settledCurrency' | 'feeMinor'>;
export const NOT_SETTLED: Settlement = {
  balanceTransaction: null,
  settledMinor: null,
  settledCurrency: null,
  feeMinor: null,
};

/**
 * One desired entry per money object: the charge, each refund, each balance transaction of a dispute.
 * Invariant: every known balance transaction of the payment is the settlement of exactly one entry, so the entries'
 * settled amounts and fees add up to the provider's balance, by currency.
 */
export function desiredEntries(
  charge: ChargeObject,
  occurredAt: number,
  currency: string,
  facts: PaymentFacts,
): LedgerEntry[] {
  const base = { paymentId: charge.id, currency };
  const isPaid = charge.status === 'succeeded';
  const refunds = refundAmounts(charge, facts);
  const ofOwner = Map.groupBy(facts.balanceTransactions.values(), (it) => ownerOf(it, facts));
  const entries: LedgerEntry[] = withSettlement(
    { ...base, id: charge.id, kind: 'charge', amountMinor: isPaid ? charge.amountCapturedMinor : 0, occurredAt },
    ofOwner.get(charge.id),
    charge.balanceTransaction,
  );
  for (const refund of facts.refunds) {
    const entry = {
      ...base,
      id: refund.id,
      kind: 'refund' as const,
      amountMinor: 0 - (refunds.known.get(refund.id) ?? 0),
      currency: refund.currency ?? currency,
      occurredAt: refund.createdAt === null ? occurredAt : endOfSecond(refund.createdAt),
    };
    entries.push(...withSettlement(entry, ofOwner.get(refund.id), refund.balanceTransaction));
  }
  entries.push({
    ...base,
    id: `${charge.id}#refunds`,
    kind: 'refund',
    amountMinor: 0 - refunds.notItemised,
    occurredAt: Math.max(occurredAt, charge.refundedSeenAt ?? occurredAt),
    ...NOT_SETTLED,
  });
  for (const dispute of facts.disputes) {
    const entry = { ...base, kind: 'dispute' as const, currency: dispute.currency ?? currency };
    entries.push(...disputeEntries(entry, dispute, ofOwner.get(dispute.id) ?? [], occurredAt));
  }
  return entries;
}

/** The money object a balance transaction settles. What an object names is its own, whatever the source says. */
function ownerOf(transaction: BalanceTransactionObject, facts: PaymentFacts): string | null {
  const { id, source } = transaction;
  const dispute = facts.disputes.find((it) => it.balanceTransactions.includes(id) || it.withdrawal === id);
  if (dispute) return dispute.id;
  const movers = [facts.charge, ...facts.refunds];
  const named = movers.find((it) => it?.balanceTransaction === id || it?.failureBalanceTransaction === id);
  if (named) return named.id;
  // In old accounts a dispute's adjustment names the charge: it waits for its dispute.
  if (source === facts.charge?.id && transaction.type === 'adjustment') return null;
  return source;
}

/**
 * The entry with the sum of its balance transactions: a failed charge has two, its own and the one that takes it back.
 * Those of a further currency stand on an entry of their own, of amount 0: amounts of two currencies are never added.
 */
function withSettlement(
  entry: Omit<LedgerEntry, keyof Settlement>,
  own: readonly BalanceTransactionObject[] = [],
  mainId: string | null,
): LedgerEntry[] {
  const main = own.find((it) => it.id === mainId) ?? own[0];
  if (!main) return [{ ...entry, ...NOT_SETTLED, balanceTransaction: mainId }];
  const byCurrency = Map.groupBy(own, (it) => it.currency);
  const entries = [...byCurrency].map(([settledCurrency, transactions]) => ({
    ...entry,
    ...(settledCurrency === main.currency ? {} : { id: `${entry.id}#${settledCurrency}`, amountMinor: 0 }),
    balanceTransaction: settledCurrency === main.currency ? main.id : transactions[0]!.id,
    settledMinor: transactions.reduce((sum, it) => sum + it.amountMinor, 0),
    settledCurrency,
    feeMinor: transactions.reduce((sum, it) => sum + it.feeMinor, 0),
  }));
  if (byCurrency.size === 1) return entries;
  // What is the main one now may have stood apart before the charge named it: nothing stands there any more.
  const apart = { id: `${entry.id}#${main.currency}`, amountMinor: 0, balanceTransaction: main.id };
  return [...entries, { ...entry, ...apart, settledMinor: 0, settledCurrency: main.currency, feeMinor: 0 }];
}

/** Rates of exchange move by less while a dispute lasts: what gives back a smaller part was won in part. */
const REINSTATED_WHOLE = 0.9;

/**
 * A dispute's money is that of its balance transactions: without one (an inquiry, a prevented dispute, one whose charge
 * was refunded before) none has moved, whatever its status. They are in the settlement currency. In the dispute's own
 * currency a withdrawal is the disputed amount and a reinstatement gives it back: nothing is computed by an exchange
 * rate. Only of one that gives back clearly less than was withdrawn the amount is the same part of the disputed one.
 * When the charge was in a third currency, the entry stays in the dispute's, and is not added to the payment's.
 */
function disputeEntries(
  base: Pick<LedgerEntry, 'paymentId' | 'kind' | 'currency'>,
  dispute: DisputeObject,
  own: readonly BalanceTransactionObject[],
  paidAt: number,
): LedgerEntry[] {
  const openedAt = dispute.createdAt === null ? paidAt : endOfSecond(dispute.createdAt);
  const withdrawnMinor = own.reduce((most, it) => Math.max(most, -it.amountMinor), 0);
  const entries = own.map((it): LedgerEntry => {
    const isPart = it.amountMinor > 0 && it.amountMinor < withdrawnMinor * REINSTATED_WHOLE;
    const whole = Math.sign(it.amountMinor) * dispute.amountMinor + 0;
    const ofDispute = isPart ? Math.round((dispute.amountMinor * it.amountMinor) / withdrawnMinor) : whole;
    const amountMinor = it.currency === base.currency ? it.amountMinor : ofDispute;
    const occurredAt = it.createdAt === null ? openedAt : endOfSecond(it.createdAt);
    const settlement = { settledMinor: it.amountMinor, settledCurrency: it.currency, feeMinor: it.feeMinor };
    return { ...base, id: it.id, amountMinor, occurredAt, balanceTransaction: it.id, ...settlement };
  });
  const { withdrawal } = dispute;
  if (withdrawal !== null && !own.some((it) => it.id === withdrawal)) {
    const amountMinor = 0 - dispute.amountMinor;
    entries.push({
      ...base,
      id: withdrawal,
      amountMinor,
      occurredAt: openedAt,
      ...NOT_SETTLED,
      balanceTransaction: withdrawal,
    });
  }
  return entries;
}

/**
 * What counts as refunded. Pending refunds count (Stripe includes them in `amount_refunded` and they nearly always
 * succeed); failed and canceled ones do not. Two amounts are no refund to the merchant's customer:
 * the rest of a partial capture, and an authorisation that expired, which Stripe both reports as refunds of its own.
 * Together they are `amount − amount_captured`, and are taken off the refunds that say so, then off what is not itemised,
 * then off the earliest of those whose balance transaction is not known. The rest is released at once and whole: while
 * less is refunded, further captures may come, and what was refunded so far is the merchant's doing.
 */
function refundAmounts(charge: ChargeObject, { refunds, balanceTransactions }: PaymentFacts) {
  // Failed refunds are itemised too: `amount_refunded` was that large because of them.
  const itemised = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  const released = Math.max(0, charge.amountMinor - charge.amountCapturedMinor);
  const isOpen = charge.amountCapturedMinor > 0 && Math.max(charge.amountRefundedMinor, itemised) < released;
  let notCaptured = isOpen ? 0 : released;
  const take = (amount: number) => {
    const taken = Math.min(amount, notCaptured);
    notCaptured -= taken;
    return amount - taken;
  };
  const ordered = [...refunds].sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.id < b.id ? -1 : 1));
  const byRelease = Map.groupBy(ordered, (refund) => releaseOf(refund, balanceTransactions));
  const known = new Map<string, number>();
  const count = (of: RefundObject[] = [], counted: (amount: number) => number) => {
    for (const { id, status, amountMinor } of of) {
      known.set(id, status === 'failed' || status === 'canceled' ? 0 : counted(amountMinor));
    }
  };
  count(byRelease.get('yes'), take);
  const notItemised = take(Math.max(0, charge.amountRefundedMinor - itemised));
  count(byRelease.get('unknown'), take);
  count(byRelease.get('no'), (amount) => amount);
  return { known, notItemised };
}

/** Whether a refund gives back what was never captured. */
function releaseOf(
  { reason, balanceTransaction }: RefundObject,
  known: PaymentFacts['balanceTransactions'],
): 'yes' | 'no' | 'unknown' {
  const transaction = known.get(balanceTransaction ?? '');
  if (reason === 'expired_uncaptured_charge' || transaction?.type === PARTIAL_CAPTURE_REVERSAL) return 'yes';
  return transaction ? 'no' : 'unknown';
}
