import type Stripe from 'stripe';
import { payer } from './payer.ts';
import type { BalanceTransactionRow, ChargeRow, PaymentIntentRow, Presentment, RefundRow } from './rows.ts';
import type { State } from './state.ts';

/** Charges, payment intents, refunds and balance transactions as the newest version shows them. */

const CARD: Stripe.Charge.PaymentMethodDetails.Card = {
  amount_authorized: null,
  authorization_code: null,
  brand: 'visa',
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
  country: 'US',
  electronic_commerce_indicator: null,
  exp_month: 12,
  exp_year: 2034,
  fingerprint: null,
  funding: 'credit',
  installments: null,
  last4: '4242',
  mandate: null,
  network: 'visa',
  network_token: null,
  network_transaction_id: null,
  regulated_status: 'unregulated',
  three_d_secure: null,
  transaction_link_id: null,
  wallet: null,
};

export function chargeObject(row: ChargeRow, state: State): Stripe.Charge {
  return {
    id: row.id,
    object: 'charge',
    amount: row.amount,
    amount_captured: row.amountCaptured,
    amount_refunded: row.amountRefunded,
    application: null,
    application_fee: row.applicationFee,
    application_fee_amount: row.connect.applicationFeeAmount,
    balance_transaction: row.balanceTransaction,
    billing_details: { address: null, email: row.email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: row.status === 'succeeded' ? 'REHEARSAL' : null,
    captured: row.captured,
    created: row.created,
    currency: row.currency,
    // Charges have no `customer_account`: an account that pays is not named here.
    customer: payer(state, row.customer).customer,
    description: row.description,
    disputed: row.disputes.length > 0,
    failure_balance_transaction: row.failureBalanceTransaction,
    failure_code: row.failureCode,
    failure_message: row.failureMessage,
    fraud_details: {},
    livemode: state.livemode,
    metadata: { ...row.metadata },
    on_behalf_of: null,
    outcome: outcome(row),
    paid: row.status !== 'failed',
    payment_intent: row.paymentIntent,
    payment_method: `pm_1${row.id.slice(4)}`,
    payment_method_details: row.method === 'card' ? { card: CARD, type: 'card' } : BANK_DEBIT,
    ...presented(row.presentment, row.amount, row.amount),
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: row.status === 'succeeded' ? `https://pay.stripe.com/receipts/payment/${row.id}` : null,
    refunded: row.amountRefunded > 0 && row.amountRefunded === row.amount,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    ...(row.connect.destination === null || row.balanceTransaction === null
      ? {}
      : { transfer: `tr_${row.id.slice(3)}` }),
    transfer_data: row.connect.destination === null ? null : { amount: null, destination: row.connect.destination },
    transfer_group: row.connect.destination === null ? null : `group_${row.paymentIntent}`,
  };
}

/** Only when the buyer saw another currency. A part is shown in proportion. */
export function presented(presentment: Presentment | null, amount: number, of: number) {
  if (presentment === null) return {};
  return {
    presentment_details: {
      presentment_amount: Math.round((presentment.amount * amount) / of),
      presentment_currency: presentment.currency,
    },
  };
}

const BANK_DEBIT: Stripe.Charge.PaymentMethodDetails = {
  type: 'us_bank_account',
  us_bank_account: {
    account_holder_type: 'individual',
    account_type: 'checking',
    bank_name: 'Rehearsal Bank',
    fingerprint: null,
    last4: '6789',
    payment_reference: null,
    routing_number: '110000000',
  },
};

function outcome(row: ChargeRow): Stripe.Charge.Outcome | null {
  if (row.status === 'pending') return null;
  const failed = row.status === 'failed';
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: failed ? 'declined_by_network' : 'approved_by_network',
    reason: failed ? 'generic_decline' : null,
    risk_level: 'normal',
    risk_score: 12,
    seller_message: failed ? 'The bank did not return any further details with this decline.' : 'Payment complete.',
    type: failed ? 'issuer_declined' : 'authorized',
  };
}

export function paymentIntentObject(row: PaymentIntentRow, state: State): Stripe.PaymentIntent {
  return {
    id: row.id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: row.amount,
    amount_capturable: row.status === 'requires_capture' ? row.amount - row.amountReceived : 0,
    amount_details: { tip: {} },
    amount_received: row.amountReceived,
    application: null,
    application_fee_amount: row.connect.applicationFeeAmount,
    automatic_payment_methods: null,
    canceled_at: row.canceledAt,
    cancellation_reason: row.cancellationReason,
    capture_method: row.captureMethod === 'manual' ? 'manual' : 'automatic_async',
    client_secret: row.clientSecret,
    confirmation_method: 'automatic',
    created: row.created,
    currency: row.currency,
    ...payer(state, row.customer),
    description: row.description,
    excluded_payment_method_types: null,
    last_payment_error:
      row.lastError === null
        ? null
        : { code: 'card_declined', decline_code: 'generic_decline', message: row.lastError, type: 'card_error' },
    latest_charge: row.charges.at(-1) ?? null,
    livemode: state.livemode,
    managed_payments: null,
    metadata: { ...row.metadata },
    next_action: null,
    on_behalf_of: null,
    ...(row.orderReference === null
      ? {}
      : { payment_details: { customer_reference: null, order_reference: row.orderReference } }),
    payment_method: row.charges.length > 0 ? `pm_1${row.charges.at(-1)!.slice(4)}` : null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, network: null, request_three_d_secure: 'automatic', mandate_options: null },
    },
    payment_method_types: ['card'],
    payment_record: null,
    ...presented(row.presentment, row.amount, row.amount),
    processing: null,
    receipt_email: row.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: row.connect.destination === null ? null : { destination: row.connect.destination },
    transfer_group: null,
  };
}

export function refundObject(row: RefundRow, state: State): Stripe.Refund {
  const charge = state.get('charge', row.charge);
  const failed = row.failureBalanceTransaction;
  return {
    id: row.id,
    object: 'refund',
    amount: row.amount,
    balance_transaction: row.balanceTransaction,
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    ...payer(state, charge?.customer ?? null),
    destination_details: { card: { type: 'refund' }, type: 'card' },
    ...(failed === null ? {} : { failure_balance_transaction: failed }),
    ...(row.status === 'failed' ? { failure_reason: 'expired_or_canceled_card' } : {}),
    metadata: { ...row.metadata },
    payment_intent: row.paymentIntent,
    payment_method: null,
    ...presented(charge?.presentment ?? null, row.amount, charge?.amount ?? row.amount),
    ...(row.status === 'pending' ? { pending_reason: 'processing' as const } : {}),
    reason: row.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: row.status,
    transfer_reversal: null,
  };
}

export function balanceTransactionObject(row: BalanceTransactionRow): Stripe.BalanceTransaction {
  return {
    id: row.id,
    object: 'balance_transaction',
    amount: row.amount,
    available_on: row.created + 2 * 86_400,
    balance_type: 'payments',
    created: row.created,
    currency: row.currency,
    description: null,
    exchange_rate: row.exchangeRate,
    fee: row.fee,
    fee_details: feeDetails(row),
    net: row.amount - row.fee,
    reporting_category: row.reportingCategory,
    source: row.source,
    status: 'pending',
    type: row.type,
  };
}

function feeDetails(row: BalanceTransactionRow): Stripe.BalanceTransaction.FeeDetail[] {
  const { applicationFee, currency } = row;
  const part = (amount: number, type: string, description: string) =>
    amount === 0
      ? []
      : [{ amount, application: type === 'application_fee' ? 'ca_rehearsal' : null, currency, description, type }];
  return [
    ...part(
      row.fee - applicationFee,
      'stripe_fee',
      row.type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
    ),
    ...part(applicationFee, 'application_fee', 'Application fee'),
  ];
}
