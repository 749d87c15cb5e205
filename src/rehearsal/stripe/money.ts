import type { Engine, Outcome } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import type { ChargeRow, Metadata, PaymentIntentRow, RefundRow } from './rows.ts';
import { type ApiVersion, LEGACY } from './versions.ts';

/** Payment intents, charges, refunds and their balance transactions. */

export interface IntentInput {
  amount: number;
  currency: string;
  version: ApiVersion;
  customer: string | null;
  email?: string | null;
  metadata: Metadata;
  description?: string | null;
  invoice?: string | null;
  orderReference?: string | null;
}

/** Rates of the settlement, units of the balance's currency per unit of the charge's. Fixed: rehearsals are repeatable. */
const RATES: Record<string, number> = { 'eur>usd': 1.1, 'gbp>usd': 1.3, 'jpy>usd': 0.65 };

export function createIntent({ state, now, emit, settings }: Engine, input: IntentInput): PaymentIntentRow {
  const id = state.newId('payment_intent');
  const intent = state.add({
    object: 'payment_intent' as const,
    id,
    created: now(),
    version: input.version,
    amount: input.amount,
    currency: input.currency,
    customer: input.customer,
    metadata: { ...input.metadata },
    description: input.description ?? null,
    receiptEmail: input.email ?? null,
    status: 'requires_payment_method' as const,
    charges: [],
    clientSecret: `${id}_secret_${state.token(25)}`,
    invoice: input.invoice ?? null,
    orderReference: settings.orderReferences ? (input.orderReference ?? null) : null,
    lastError: null,
  });
  emit('payment_intent.created', intent);
  return intent;
}

/** Confirms an intent. `after` runs once the charge has its outcome and before its balance transaction is told. */
export function confirmIntent(
  engine: Engine,
  intent: PaymentIntentRow,
  outcome: Outcome,
  after: (charge: ChargeRow) => void = () => {},
): ChargeRow {
  const { state, now, emit } = engine;
  if (intent.status !== 'requires_payment_method') {
    throw new StripeRefusal(400, {
      code: 'payment_intent_unexpected_state',
      message: `You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`,
    });
  }
  const charge: ChargeRow = state.add({
    object: 'charge' as const,
    id: state.newId('charge'),
    created: now(),
    amount: intent.amount,
    amountCaptured: 0,
    amountRefunded: 0,
    currency: intent.currency,
    customer: intent.customer,
    email: state.get('customer', intent.customer)?.email ?? intent.receiptEmail,
    // Copied once, here: later edits of the intent do not follow.
    metadata: { ...intent.metadata },
    description: intent.description,
    paymentIntent: intent.id,
    invoice: intent.invoice,
    balanceTransaction: null,
    status: 'pending' as const,
    failureCode: null,
    failureMessage: null,
    refunds: [],
  });
  intent.charges.push(charge.id);
  if (outcome !== 'pending') {
    finishCharge(engine, charge, outcome, after);
    return charge;
  }
  intent.status = 'processing';
  emit('charge.pending', charge);
  emit('payment_intent.processing', intent);
  after(charge);
  return charge;
}

/** Ends a pending charge. */
export function finishCharge(
  engine: Engine,
  charge: ChargeRow,
  outcome: 'succeeds' | 'fails',
  after: (charge: ChargeRow) => void = () => {},
): void {
  if (charge.status !== 'pending') throw new Error(`charge ${charge.id} is ${charge.status}, not pending`);
  const intent = engine.state.need('payment_intent', charge.paymentIntent);
  if (outcome === 'fails') fail(engine, charge, intent);
  else succeed(engine, charge, intent);
  after(charge);
  if (outcome === 'succeeds' && engine.settings.settlement === 'soon') settle(engine, charge);
}

function succeed(engine: Engine, charge: ChargeRow, intent: PaymentIntentRow): void {
  charge.status = 'succeeded';
  charge.amountCaptured = charge.amount;
  intent.status = 'succeeded';
  intent.lastError = null;
  // Old versions capture synchronously: the balance transaction is there from the start.
  if (intent.version === LEGACY && engine.settings.settlement === 'soon') book(engine, charge);
  engine.emit('charge.succeeded', charge);
  engine.emit('payment_intent.succeeded', intent);
}

function fail(engine: Engine, charge: ChargeRow, intent: PaymentIntentRow): void {
  charge.status = 'failed';
  charge.failureCode = 'card_declined';
  charge.failureMessage = 'Your card was declined.';
  intent.status = 'requires_payment_method';
  intent.lastError = charge.failureMessage;
  engine.emit('charge.failed', charge);
  engine.emit('payment_intent.payment_failed', intent);
}

/** The balance transaction arrives, told by charge.updated. */
export function settle(engine: Engine, charge: ChargeRow): void {
  if (charge.balanceTransaction !== null || charge.status !== 'succeeded') return;
  book(engine, charge);
  engine.emit('charge.updated', charge, { balance_transaction: null });
}

function book({ state, now, settings }: Engine, charge: ChargeRow): void {
  const currency = settings.settlementCurrency ?? charge.currency;
  const rate = currency === charge.currency ? null : (RATES[`${charge.currency}>${currency}`] ?? 1);
  const amount = Math.round(charge.amountCaptured * (rate ?? 1));
  charge.balanceTransaction = state.add({
    object: 'balance_transaction' as const,
    id: state.newId('balance_transaction'),
    created: now(),
    type: 'charge' as const,
    source: charge.id,
    amount,
    fee: Math.round(amount * 0.029) + 30,
    currency,
    exchangeRate: rate,
  }).id;
}

export interface RefundInput {
  /** Null: all that is left. */
  amount: number | null;
  reason?: RefundRow['reason'];
  metadata?: Metadata;
}

/** @throws StripeRefusal when nothing, or less than the amount, is left to refund */
export function refund(engine: Engine, charge: ChargeRow, input: RefundInput): RefundRow {
  const { state, now, emit } = engine;
  const left = charge.amountCaptured - charge.amountRefunded;
  if (charge.status !== 'succeeded' || left === 0) {
    const message = `Charge ${charge.id} has already been refunded.`;
    throw new StripeRefusal(400, { code: 'charge_already_refunded', message });
  }
  const amount = input.amount ?? left;
  if (amount > left) {
    const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
    throw new StripeRefusal(400, { message, param: 'amount' });
  }
  const row: RefundRow = state.add({
    object: 'refund' as const,
    id: state.newId('refund'),
    created: now(),
    amount,
    currency: charge.currency,
    charge: charge.id,
    paymentIntent: charge.paymentIntent,
    reason: input.reason ?? null,
    metadata: { ...input.metadata },
    status: 'succeeded' as const,
    balanceTransaction: null,
  });
  row.balanceTransaction = bookRefund(engine, charge, row);
  const before = charge.amountRefunded;
  charge.amountRefunded += amount;
  charge.refunds.push(row.id);
  emit('refund.created', row);
  emit('charge.refunded', charge, { amount_refunded: before, refunded: false });
  return row;
}

/** A refund leaves the balance at the charge's own rate; Stripe keeps its fee. */
function bookRefund({ state, now }: Engine, charge: ChargeRow, refund: RefundRow): string {
  const original = state.get('balance_transaction', charge.balanceTransaction);
  const row = state.add({
    object: 'balance_transaction' as const,
    id: state.newId('balance_transaction'),
    created: now(),
    type: 'refund' as const,
    source: refund.id,
    amount: -Math.round(refund.amount * (original?.exchangeRate ?? 1)),
    fee: 0,
    currency: original?.currency ?? charge.currency,
    exchangeRate: original?.exchangeRate ?? null,
  });
  return row.id;
}
