import { mergeAll } from '../core/merge.ts';
import { PARTIAL_CAPTURE_REVERSAL } from '../core/payment.ts';
import type {
  BalanceTransactionObject,
  ChargeObject,
  CheckoutSessionObject,
  CustomerObject,
  DisputeObject,
  InvoiceObject,
  InvoicePaymentObject,
  PaymentIntentObject,
  ProviderObject,
  RefundObject,
  SubscriptionObject,
} from '../core/payment.ts';
import { emailEvidence, emailHash, metadataEvidence, textEvidence } from './evidence.ts';
import type { EvidenceContext } from './evidence.ts';
import { amount, currency, id, integer, isJson, list, record, text, time, words } from './fields.ts';
import type { Json } from './fields.ts';
import { couponOf, discountOf, largestLine, linesShown, paidTaxOf } from './sale.ts';
import { isPaid, recurringLines, recurringOf } from './subscription.ts';
import type { Told } from './subscription.ts';

/**
 * Reads Stripe objects of any API version by presence, not by version: one event can carry fields of two versions, and
 * `GET /v1/events` renders an event otherwise than its delivery did. What is absent, unknown or of the wrong type is
 * left out; nothing here throws. Cards, addresses and phone numbers are not read, e-mail addresses only hashed.
 */
export type NormalizeContext = EvidenceContext & Pick<Told, 'readAt' | 'isAlone' | 'previous'>;

const DEPTH_MAX = 10;
const OBJECTS_MAX = 5000;

/** All known objects in a JSON value: the value itself, lists, and expanded objects at any depth, merged by id. */
export function normalize(value: unknown, context: NormalizeContext): ProviderObject[] {
  const found: ProviderObject[] = [];
  const walk = (node: unknown, depth: number) => {
    if (depth > DEPTH_MAX || found.length >= OBJECTS_MAX) return;
    if (Array.isArray(node)) {
      for (const item of node) walk(item, depth + 1);
      return;
    }
    if (!isJson(node)) return;
    const object = readObject(node, context);
    if (object) found.push(object);
    for (const key in node) {
      const child = node[key];
      // Metadata is the merchant's; nothing in it is an object of Stripe's.
      if (typeof child === 'object' && child !== null && key !== 'metadata') walk(child, depth + 1);
    }
  };
  walk(value, 0);
  return mergeAll(found);
}

function readObject(json: Json, context: NormalizeContext): ProviderObject | null {
  const objectId = id(json);
  if (objectId === null) return null;
  const base = { id: objectId, createdAt: time(json['created']) };
  switch (json['object']) {
    case 'charge':
      return readCharge(json, base, context);
    case 'refund':
      return readRefund(json, base);
    case 'payment_intent':
      return readPaymentIntent(json, base, context);
    case 'checkout.session':
      return readSession(json, base, context);
    case 'invoice':
      return readInvoice(json, base, context);
    case 'invoice_payment':
      return readInvoicePayment(json, base);
    case 'subscription':
      return readSubscription(json, base, context);
    case 'customer':
      return readCustomer(json, base, context);
    case 'balance_transaction':
      return readBalanceTransaction(json, base);
    case 'dispute':
      return readDispute(json, base);
    default:
      return null;
  }
}

type Base = { id: string; createdAt: number | null };

/** Accounts v2 customers are `customer_account: acct_…`, with or without `customer`. */
function payer(json: Json): string | null {
  return id(json['customer']) ?? id(json['customer_account']);
}

function readCharge(json: Json, base: Base, context: NormalizeContext): ChargeObject {
  const status =
    oneOf(['pending', 'succeeded', 'failed'], json['status']) ?? (json['paid'] === true ? 'succeeded' : null);
  const authorised = amount(json['amount']);
  // Before 2020 there was no amount_captured. A pending or failed charge may say "captured", but took no money.
  const captured = integer(json['amount_captured']) ?? (json['captured'] === false ? 0 : authorised);
  const failureBalanceTransaction = id(json['failure_balance_transaction']);
  const amountRefundedMinor = amount(json['amount_refunded']);
  const address = record(json['billing_details'])['email'];
  return {
    kind: 'charge',
    ...base,
    evidence: [
      ...metadataEvidence(json['metadata'], 'metadata', context),
      ...emailEvidence(address, 'billing_details.email', context),
      ...emailEvidence(json['receipt_email'], 'receipt_email', context),
    ],
    paymentIntent: id(json['payment_intent']),
    customer: payer(json),
    invoice: id(json['invoice']),
    balanceTransaction: id(json['balance_transaction']),
    currency: currency(json['currency']),
    amountMinor: authorised,
    amountCapturedMinor: takenMinor(status, Math.max(0, captured), failureBalanceTransaction === null ? 0 : authorised),
    amountRefundedMinor,
    refundedSeenAt: amountRefundedMinor > 0 ? context.seenAt : null,
    status: status ?? 'unknown',
    failureBalanceTransaction,
    description: words(json['description']),
    isDisputed: json['disputed'] === true || id(json['dispute']) !== null,
    isHeld: status === 'succeeded' && json['captured'] === false,
  };
}

/** A charge that failed after it had succeeded took money, and its failure's balance transaction took that back. */
function takenMinor(status: string | null, capturedMinor: number, takenBackMinor: number): number {
  if (status === 'succeeded') return capturedMinor;
  return status === 'failed' && takenBackMinor > 0 ? capturedMinor || takenBackMinor : 0;
}

/** Before there was a list, `balance_transaction` named the withdrawal. */
function readDispute(json: Json, base: Base): DisputeObject {
  return {
    kind: 'dispute',
    ...base,
    evidence: [],
    charge: id(json['charge']),
    paymentIntent: id(json['payment_intent']),
    amountMinor: amount(json['amount']),
    currency: currency(json['currency']),
    status: text(json['status'], 50),
    reason: text(json['reason'], 100),
    balanceTransactions: list(json['balance_transactions'])
      .map(id)
      .filter((it) => it !== null),
    withdrawal: id(json['balance_transaction']),
  };
}

function readRefund(json: Json, base: Base): RefundObject {
  const status = json['status'] === 'requires_action' ? 'pending' : json['status'];
  return {
    kind: 'refund',
    ...base,
    evidence: [],
    charge: id(json['charge']),
    paymentIntent: id(json['payment_intent']),
    amountMinor: amount(json['amount']),
    currency: currency(json['currency']),
    status: oneOf(['pending', 'succeeded', 'canceled', 'failed'], status) ?? 'unknown',
    reason: text(json['reason'], 100),
    balanceTransaction: id(json['balance_transaction']),
    failureBalanceTransaction: id(json['failure_balance_transaction']),
  };
}

function readPaymentIntent(json: Json, base: Base, context: NormalizeContext): PaymentIntentObject {
  const reference = record(json['payment_details'])['order_reference'];
  return {
    kind: 'payment_intent',
    ...base,
    evidence: [
      ...metadataEvidence(json['metadata'], 'metadata', context),
      ...emailEvidence(json['receipt_email'], 'receipt_email', context),
    ],
    customer: payer(json),
    latestCharge: id(json['latest_charge']) ?? id(list(json['charges'])[0]),
    invoice: id(json['invoice']),
    // Merchants can write this field: only Stripe's own two forms are taken as a hint.
    orderReference: typeof reference === 'string' && /^(in|cs)_/.test(reference) ? id(reference) : null,
  };
}

function readSession(json: Json, base: Base, context: NormalizeContext): CheckoutSessionObject {
  const isPaidFor = json['payment_status'] === 'paid';
  return {
    kind: 'checkout_session',
    ...base,
    evidence: [
      ...metadataEvidence(json['metadata'], 'metadata', context),
      ...textEvidence(json['client_reference_id'], 'client_reference_id', context),
      ...emailEvidence(record(json['customer_details'])['email'], 'customer_details.email', context),
      ...emailEvidence(json['customer_email'], 'customer_email', context),
    ],
    mode: text(json['mode'], 50),
    paymentIntent: id(json['payment_intent']),
    subscription: id(json['subscription']),
    invoice: id(json['invoice']),
    customer: payer(json),
    paymentStatus: text(json['payment_status'], 50),
    currency: currency(json['currency']),
    amountTotalMinor: isPaidFor ? amount(json['amount_total']) : 0,
    taxMinor: isPaidFor ? integer(record(json['total_details'])['amount_tax']) : null,
    item: largestLine(json['line_items']),
    linesShown: linesShown(json['line_items']),
    coupon: couponOf(json),
  };
}

function readInvoice(json: Json, base: Base, context: NormalizeContext): InvoiceObject {
  const details = record(record(json['parent'])['subscription_details']);
  const oldDetails = record(json['subscription_details']);
  const charge = id(json['charge']);
  const isOutOfBand = json['paid_out_of_band'] === true && charge === null;
  const paymentIntents = [
    id(json['payment_intent']),
    ...list(json['payments']).map((payment) => id(record(record(payment)['payment'])['payment_intent'])),
  ];
  return {
    kind: 'invoice',
    ...base,
    evidence: [
      ...metadataEvidence(json['metadata'], 'metadata', context),
      ...metadataEvidence(details['metadata'], 'parent.subscription_details.metadata', context),
      ...metadataEvidence(oldDetails['metadata'], 'subscription_details.metadata', context),
      ...list(json['lines']).flatMap((line) => metadataEvidence(record(line)['metadata'], 'lines.metadata', context)),
      ...emailEvidence(json['customer_email'], 'customer_email', context),
    ],
    customer: payer(json),
    subscription: id(details['subscription']) ?? id(json['subscription']),
    billingReason: text(json['billing_reason'], 50),
    amountPaidMinor: amount(json['amount_paid']),
    currency: currency(json['currency']),
    charge,
    paymentIntents: paymentIntents.filter((it) => it !== null),
    paidAt: time(record(json['status_transitions'])['paid_at']),
    taxMinor: paidTaxOf(json),
    offStripeMinor: amount(json['amount_paid_off_stripe']) || (isOutOfBand ? amount(json['amount_paid']) : 0),
    item: largestLine(json['lines']),
    linesShown: isPaid(json) ? linesShown(json['lines']) : null,
    coupon: couponOf(json),
    discount: discountOf(json),
    lines: recurringLines(json),
  };
}

function readInvoicePayment(json: Json, base: Base): InvoicePaymentObject {
  const payment = record(json['payment']);
  return {
    kind: 'invoice_payment',
    ...base,
    evidence: [],
    invoice: id(json['invoice']),
    paymentIntent: id(payment['payment_intent']),
    charge: id(payment['charge']),
    paymentRecord: id(payment['payment_record']),
    amountPaidMinor: amount(json['amount_paid']),
    status: text(json['status'], 50),
  };
}

function readSubscription(json: Json, base: Base, context: NormalizeContext): SubscriptionObject {
  return {
    kind: 'subscription',
    ...base,
    evidence: metadataEvidence(json['metadata'], 'metadata', context),
    customer: payer(json),
    latestInvoice: id(json['latest_invoice']),
    ...recurringOf(json, context),
  };
}

function readCustomer(json: Json, base: Base, context: NormalizeContext): CustomerObject {
  return {
    kind: 'customer',
    ...base,
    // The address is evidence too, so that a changed one does not lose the link the earlier one made.
    evidence: [
      ...metadataEvidence(json['metadata'], 'metadata', context),
      ...emailEvidence(json['email'], 'email', context),
    ],
    emailHash: emailHash(json['email'], context),
  };
}

function readBalanceTransaction(json: Json, base: Base): BalanceTransactionObject | null {
  const amountMinor = integer(json['amount']);
  if (amountMinor === null) return null;
  return {
    kind: 'balance_transaction',
    ...base,
    evidence: [],
    source: id(json['source']),
    type: json['reporting_category'] === PARTIAL_CAPTURE_REVERSAL ? PARTIAL_CAPTURE_REVERSAL : text(json['type'], 100),
    amountMinor,
    feeMinor: integer(json['fee']) ?? 0,
    currency: currency(json['currency']),
    applicationFeeMinor: feePart(json, 'application_fee'),
    feeTaxMinor: feePart(json, 'tax'),
  };
}

function feePart(json: Json, type: string): number {
  const details = list(json['fee_details']).map(record);
  return details.reduce((sum, it) => sum + (it['type'] === type ? (integer(it['amount']) ?? 0) : 0), 0);
}

function oneOf<const T extends string>(values: readonly T[], value: unknown): T | null {
  return values.find((known) => known === value) ?? null;
}
