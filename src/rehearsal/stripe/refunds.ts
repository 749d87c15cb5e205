import { move } from './balance.ts';
import type { Metadata } from './billing-rows.ts';
import type { Engine } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import type { ChargeRow, RefundRow } from './rows.ts';

/** Refunds, and what can still become of them. */

export interface RefundInput {
  /** Null: all that is left. */
  amount: number | null;
  reason?: RefundRow['reason'];
  metadata?: Metadata;
  /** Pending: the money has left the balance, but has not arrived (bank transfers). */
  status?: 'succeeded' | 'pending';
}

/** @throws StripeRefusal when nothing, or less than the amount, is left to refund */
export function refund(engine: Engine, charge: ChargeRow, input: RefundInput): RefundRow {
  const { state, now, emit } = engine;
  const isOpen = state.need('payment_intent', charge.paymentIntent).status === 'requires_capture';
  const left = charge.captured ? (isOpen ? charge.amountCaptured : charge.amount) - charge.amountRefunded : 0;
  if (charge.status !== 'succeeded' || left === 0) {
    const message = `Charge ${charge.id} has already been refunded.`;
    throw new StripeRefusal(400, { code: 'charge_already_refunded', message });
  }
  if (charge.disputes.some((id) => state.need('dispute', id).balanceTransactions.length === 1)) {
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`;
    throw new StripeRefusal(400, { code: 'charge_disputed', message });
  }
  const amount = input.amount ?? left;
  if (amount > left) {
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
    throw new StripeRefusal(400, { message, param: 'amount' });
  }
  const id = state.newId('refund');
  const row: RefundRow = state.add({
    object: 'refund' as const,
    id: charge.method === 'card' ? id : `pyr_${id.slice(3)}`,
    created: now(),
    amount,
    currency: charge.currency,
    charge: charge.id,
    paymentIntent: charge.paymentIntent,
    reason: input.reason ?? null,
    metadata: { ...input.metadata },
    status: input.status ?? ('succeeded' as const),
    balanceTransaction: null,
    failureBalanceTransaction: null,
  });
  row.balanceTransaction = bookRefund(engine, charge, row, -amount);
  const before = charge.amountRefunded;
  charge.amountRefunded += amount;
  charge.refunds.push(row.id);
  emit('refund.created', row);
  emit('charge.refunded', charge, { amount_refunded: before, refunded: false });
  return row;
}

/** What becomes of a refund later: it arrives, the bank sends it back, or the merchant calls it off. */
export function finishRefund(engine: Engine, row: RefundRow, end: 'succeeded' | 'failed' | 'canceled'): void {
  const { state, emit } = engine;
  const moved = state.get('balance_transaction', row.balanceTransaction);
  if (end !== 'succeeded' && moved?.reportingCategory !== 'refund') {
    // What was never captured is released at the bank: nothing was sent that could come back.
    throw new StripeRefusal(400, { message: `Refund ${row.id} releases an authorisation; it cannot become ${end}.` });
  }
  if (row.status === 'failed' || row.status === 'canceled' || (end === 'canceled' && row.status !== 'pending')) {
    throw new StripeRefusal(400, { message: `Refund ${row.id} is ${row.status}; it cannot become ${end}.` });
  }
  const before = row.status;
  row.status = end;
  if (end !== 'succeeded') {
    const charge = state.need('charge', row.charge);
    row.failureBalanceTransaction = bookRefund(engine, charge, row, row.amount);
    charge.amountRefunded -= row.amount;
  }
  emit('refund.updated', row, { status: before });
  if (end === 'failed') emit('refund.failed', row, { status: before });
  if (end !== 'succeeded') emit('charge.refund.updated', row, { status: before });
}

/** A refund leaves the balance, or comes back to it, at the charge's own rate; Stripe keeps its fee. */
function bookRefund(engine: Engine, charge: ChargeRow, row: RefundRow, amount: number): string {
  const type = amount > 0 ? 'refund_failure' : charge.method === 'card' ? 'refund' : 'payment_refund';
  const charged = engine.state.get('balance_transaction', charge.balanceTransaction);
  const hasNewRate = `${charge.currency}>${charged?.currency}` in engine.settings.exchangeRates;
  return move(engine, {
    type,
    category: amount > 0 ? 'refund_failure' : 'refund',
    source: row.id,
    amount,
    currency: charge.currency,
    like: hasNewRate ? undefined : charged,
  }).id;
}
