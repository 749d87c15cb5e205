import type Stripe from 'stripe';
import type { BalanceTransactionRow, ChargeRow, PaymentIntentRow, RefundRow } from './rows.ts';
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
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: row.balanceTransaction,
    billing_details: { address: null, email: row.email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: row.status === 'succeeded' ? 'REHEARSAL' : null,
    captured: row.amountCaptured > 0,
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    description: row.description,
    disputed: false,
    failure_balance_transaction: null,
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
    payment_method_details: { card: CARD, type: 'card' },
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: row.status === 'succeeded' ? `https://pay.stripe.com/receipts/payment/${row.id}` : null,
    refunded: row.amountRefunded > 0 && row.amountRefunded === row.amountCaptured,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: null,
    transfer_group: null,
  };
}

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
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: row.status === 'succeeded' ? row.amount : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: row.clientSecret,
    confirmation_method: 'automatic',
    created: row.created,
    currency: row.currency,
    customer: row.customer,
    customer_account: null,
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
    processing: null,
    receipt_email: row.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: row.status,
    transfer_data: null,
    transfer_group: null,
  };
}

export function refundObject(row: RefundRow, state: State): Stripe.Refund {
  return {
    id: row.id,
    object: 'refund',
    amount: row.amount,
    balance_transaction: row.balanceTransaction,
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    customer: state.get('charge', row.charge)?.customer ?? null,
    customer_account: null,
    destination_details: { card: { type: 'refund' }, type: 'card' },
    metadata: { ...row.metadata },
    payment_intent: row.paymentIntent,
    payment_method: null,
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
    fee_details:
      row.fee === 0
        ? []
        : [
            {
              amount: row.fee,
              application: null,
              currency: row.currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: row.amount - row.fee,
    reporting_category: row.type === 'refund' ? 'refund' : 'charge',
    source: row.source,
    status: 'pending',
    type: row.type,
  };
}
