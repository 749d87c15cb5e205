import { bookCharge, move } from './balance.ts';
import type { Engine } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import { settle, unexpectedState } from './money.ts';
import type { ChargeRow, PaymentIntentRow, RefundRow } from './rows.ts';

/** Manual capture: an authorisation is captured in whole or in part, once or several times, or it ends without money. */

export interface CaptureInput {
  /** Null: all that is authorised. */
  amount: number | null;
  /** False: more captures will follow. */
  isFinal?: boolean;
}

/** @throws StripeRefusal when nothing is authorised, or less than the amount */
export function capture(engine: Engine, intent: PaymentIntentRow, input: CaptureInput): ChargeRow {
  const { state, emit } = engine;
  const { charge, left } = authorisation(engine, intent);
  const amount = input.amount ?? left;
  if (amount > left || amount < 1) {
    const message = `The requested capture amount (${amount}) is not between 1 and the authorised amount (${left}).`;
    throw new StripeRefusal(400, { code: 'amount_too_large', message, param: 'amount_to_capture' });
  }
  const isFirst = charge.amountCaptured === 0;
  const isFinal = input.isFinal ?? true;
  charge.captured = true;
  charge.amountCaptured += amount;
  intent.amountReceived = charge.amountCaptured;
  if (!isFinal || !isFirst) bookPart(engine, charge, amount);
  if (isFinal) {
    intent.status = 'succeeded';
    const released = charge.amount - charge.amountCaptured;
    if (released > 0 && isFirst) releaseRest(engine, charge, released);
    // Several captures are booked one by one, so that nothing has to be taken back for the rest.
    else if (released > 0) addRefund(engine, charge, released, null);
  }
  emit('charge.captured', charge, { captured: false });
  for (const id of charge.refunds) emit('refund.created', state.need('refund', id));
  if (isFinal) emit('payment_intent.succeeded', intent);
  else emit('payment_intent.amount_capturable_updated', intent);
  if (engine.settings.settlement === 'soon') settle(engine, charge);
  return charge;
}

/** The rest of a partial capture is a refund that Stripe makes itself, of a charge that is booked in full. */
function releaseRest(engine: Engine, charge: ChargeRow, amount: number): void {
  const booked = bookCharge(engine, charge, charge.amount, charge.amountCaptured);
  charge.balanceTransaction = booked.id;
  const refund = addRefund(engine, charge, amount, null);
  refund.balanceTransaction = move(engine, {
    type: 'refund',
    category: 'partial_capture_reversal',
    source: refund.id,
    amount: -amount,
    currency: charge.currency,
    like: booked,
  }).id;
}

function bookPart(engine: Engine, charge: ChargeRow, amount: number): void {
  const { id } = bookCharge(engine, charge, amount);
  charge.balanceTransaction ??= id;
}

/** The days are over: the bank releases the money, the charge ends as expired and refunded. */
export function expireAuthorisation(engine: Engine, intent: PaymentIntentRow): void {
  const charge = endWithoutMoney(engine, intent, 'automatic');
  engine.emit('charge.expired', charge);
  engine.emit('payment_intent.canceled', intent);
}

export function cancelIntent(
  engine: Engine,
  intent: PaymentIntentRow,
  reason: PaymentIntentRow['cancellationReason'] = 'requested_by_customer',
): void {
  if (intent.status === 'requires_capture') {
    const charge = endWithoutMoney(engine, intent, reason);
    engine.emit('charge.refunded', charge, { amount_refunded: 0, refunded: false });
  } else if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw unexpectedState(`You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`);
  }
  intent.status = 'canceled';
  intent.cancellationReason = reason;
  intent.canceledAt = engine.now();
  engine.emit('payment_intent.canceled', intent);
}

function endWithoutMoney(
  engine: Engine,
  intent: PaymentIntentRow,
  reason: PaymentIntentRow['cancellationReason'],
): ChargeRow {
  const { charge } = authorisation(engine, intent);
  intent.status = 'canceled';
  intent.cancellationReason = reason;
  intent.canceledAt = engine.now();
  // What was captured of it stays paid.
  const rest = charge.amount - charge.amountCaptured;
  const refund = addRefund(engine, charge, rest, 'expired_uncaptured_charge');
  engine.emit('refund.created', refund);
  return charge;
}

function addRefund({ state, now }: Engine, charge: ChargeRow, amount: number, reason: RefundRow['reason']): RefundRow {
  const refund: RefundRow = state.add({
    object: 'refund' as const,
    id: state.newId('refund'),
    created: now(),
    amount,
    currency: charge.currency,
    charge: charge.id,
    paymentIntent: charge.paymentIntent,
    reason,
    metadata: {},
    status: 'succeeded' as const,
    balanceTransaction: null,
    failureBalanceTransaction: null,
  });
  charge.amountRefunded += amount;
  charge.refunds.push(refund.id);
  return refund;
}

function authorisation({ state }: Engine, intent: PaymentIntentRow): { charge: ChargeRow; left: number } {
  const charge = state.get('charge', intent.charges.at(-1) ?? null);
  if (!charge || intent.status !== 'requires_capture') {
    const message = `This PaymentIntent could not be captured because it has a status of ${intent.status}.`;
    throw unexpectedState(message);
  }
  return { charge, left: charge.amount - charge.amountCaptured };
}
