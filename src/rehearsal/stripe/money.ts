import { bookCharge, move } from './balance.ts';
import type { Metadata } from './billing-rows.ts';
import type { Engine, Outcome } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import type { ChargeRow, Connect, PaymentIntentRow, Presentment } from './rows.ts';
import { type ApiVersion, isBefore } from './versions.ts';

/** Payment intents and their charges, from confirmation to the balance transaction. */

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
  captureMethod?: PaymentIntentRow['captureMethod'];
  connect?: Connect;
  presentment?: Presentment | null;
}

export const NO_CONNECT: Connect = { applicationFeeAmount: null, destination: null };

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
    captureMethod: input.captureMethod ?? ('automatic' as const),
    status: 'requires_payment_method' as const,
    cancellationReason: null,
    canceledAt: null,
    amountReceived: 0,
    connect: input.connect ?? NO_CONNECT,
    presentment: input.presentment ?? null,
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
  const { emit } = engine;
  if (intent.status !== 'requires_payment_method') {
    throw unexpectedState(`You cannot confirm this PaymentIntent because it has a status of ${intent.status}.`);
  }
  const charge = addCharge(engine, intent, outcome);
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

function addCharge({ state, now }: Engine, intent: PaymentIntentRow, outcome: Outcome): ChargeRow {
  const method = outcome === 'pending' ? ('us_bank_account' as const) : ('card' as const);
  const id = state.newId('charge');
  return state.add({
    object: 'charge' as const,
    // Everything but cards makes a "payment": py_….
    id: method === 'card' ? id : `py_${id.slice(3)}`,
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
    method,
    captured: false,
    balanceTransaction: null,
    failureBalanceTransaction: null,
    applicationFee: null,
    connect: intent.connect,
    presentment: intent.presentment,
    disputes: [],
    status: 'pending' as const,
    failureCode: null,
    failureMessage: null,
    refunds: [],
  });
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
  if (charge.captured && engine.settings.settlement === 'soon') settle(engine, charge);
}

function succeed(engine: Engine, charge: ChargeRow, intent: PaymentIntentRow): void {
  charge.status = 'succeeded';
  intent.lastError = null;
  if (intent.captureMethod === 'manual') {
    intent.status = 'requires_capture';
    engine.emit('charge.succeeded', charge);
    engine.emit('payment_intent.amount_capturable_updated', intent);
    return;
  }
  charge.captured = true;
  charge.amountCaptured = charge.amount;
  intent.status = 'succeeded';
  intent.amountReceived = charge.amount;
  chargePlatformFee(engine, charge);
  // Until asynchronous capture became the default, the balance transaction was there from the start.
  if (isBefore(intent.version, '2024-04-10') && engine.settings.settlement === 'soon') book(engine, charge);
  engine.emit('charge.succeeded', charge);
  engine.emit('payment_intent.succeeded', intent);
}

function fail(engine: Engine, charge: ChargeRow, intent: PaymentIntentRow): void {
  markFailed(charge, intent, 'card_declined', 'Your card was declined.');
  engine.emit('charge.failed', charge);
  engine.emit('payment_intent.payment_failed', intent);
}

function markFailed(charge: ChargeRow, intent: PaymentIntentRow, code: string, message: string): void {
  charge.status = 'failed';
  charge.failureCode = code;
  charge.failureMessage = message;
  intent.status = 'requires_payment_method';
  intent.lastError = message;
}

/** A bank takes back a debit that had already succeeded. */
export function failAfterSuccess(engine: Engine, charge: ChargeRow): void {
  const { state, emit } = engine;
  const original = state.get('balance_transaction', charge.balanceTransaction);
  if (charge.status !== 'succeeded' || !original) throw new Error(`charge ${charge.id} has not brought any money`);
  const intent = state.need('payment_intent', charge.paymentIntent);
  markFailed(charge, intent, 'insufficient_funds', 'The bank returned the debit.');
  intent.amountReceived = 0;
  charge.failureBalanceTransaction = move(engine, {
    type: 'payment_failure_refund',
    category: 'payment_failure_refund',
    source: charge.id,
    amount: -charge.amountCaptured,
    currency: charge.currency,
    like: original,
  }).id;
  emit('charge.failed', charge);
  emit('payment_intent.payment_failed', intent);
}

/** The balance transaction arrives, told by charge.updated. */
export function settle(engine: Engine, charge: ChargeRow): void {
  if (charge.balanceTransaction !== null || charge.status !== 'succeeded' || !charge.captured) return;
  book(engine, charge);
  engine.emit('charge.updated', charge, { balance_transaction: null });
}

function book(engine: Engine, charge: ChargeRow): void {
  charge.balanceTransaction = bookCharge(engine, charge, charge.amountCaptured).id;
  const { destination, applicationFeeAmount } = charge.connect;
  if (destination === null) return;
  // A destination charge: all of it goes on to the connected account, which pays the platform its fee.
  const { currency, id } = charge;
  const like = engine.state.need('balance_transaction', charge.balanceTransaction);
  const onward = { type: 'transfer' as const, category: 'transfer', source: `tr_${id.slice(3)}` };
  move(engine, { ...onward, amount: -charge.amountCaptured, currency, like });
  const fee = engine.state.get('application_fee', charge.applicationFee);
  if (!fee || applicationFeeAmount === null) return;
  const income = { type: 'application_fee' as const, category: 'platform_earning', source: fee.id };
  fee.balanceTransaction = move(engine, { ...income, amount: applicationFeeAmount, currency, like }).id;
  engine.emit('application_fee.created', fee);
}

function chargePlatformFee({ state, now, settings }: Engine, charge: ChargeRow): void {
  const { applicationFeeAmount, destination } = charge.connect;
  if (applicationFeeAmount === null) return;
  charge.applicationFee = state.newId('application_fee');
  // Of a direct charge the fee belongs to the platform, not to this account: only its id is seen here.
  if (destination === null) return;
  state.add({
    object: 'application_fee' as const,
    id: charge.applicationFee,
    created: now(),
    amount: applicationFeeAmount,
    currency: charge.currency,
    charge: charge.id,
    account: destination ?? settings.account,
    balanceTransaction: null,
  });
}

export function unexpectedState(message: string): StripeRefusal {
  return new StripeRefusal(400, { code: 'payment_intent_unexpected_state', message });
}
