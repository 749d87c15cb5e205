import type Stripe from 'stripe';
import type { ApplicationFeeRow, DisputeRow } from './rows.ts';
import { balanceTransactionObject } from './render-money.ts';
import { listOf } from './render-billing.ts';
import type { State } from './state.ts';

/** Disputes and application fees as the newest version shows them. */

const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

export function disputeObject(row: DisputeRow, state: State): Stripe.Dispute {
  const isInquiry = row.status.startsWith('warning_');
  const submitted = row.status === 'under_review' || row.status === 'won' || row.status === 'lost';
  return {
    id: row.id,
    object: 'dispute',
    amount: row.amount,
    balance_transactions: row.balanceTransactions.map((id) =>
      balanceTransactionObject(state.need('balance_transaction', id)),
    ),
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: row.created + 7 * 86_400,
      enhanced_eligibility: {},
      has_evidence: submitted,
      past_due: false,
      submission_count: submitted ? 1 : 0,
      submission_method: submitted ? 'manual' : 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: state.livemode,
    metadata: { ...row.metadata },
    network_reason_code: '10.4',
    payment_intent: row.paymentIntent,
    payment_method_details: {
      card: {
        brand: 'visa',
        case_type: isInquiry ? 'inquiry' : row.status === 'prevented' ? 'resolution' : 'chargeback',
        network: 'visa',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: row.reason,
    status: row.status,
  };
}

export function applicationFeeObject(row: ApplicationFeeRow, state: State): Stripe.ApplicationFee {
  return {
    id: row.id,
    object: 'application_fee',
    account: row.account,
    amount: row.amount,
    amount_refunded: 0,
    application: 'ca_rehearsal',
    balance_transaction: row.balanceTransaction,
    charge: row.charge,
    created: row.created,
    currency: row.currency,
    fee_source: { charge: row.charge, type: 'charge' },
    livemode: state.livemode,
    originating_transaction: row.charge,
    refunded: false,
    refunds: listOf([], `/v1/application_fees/${row.id}/refunds`),
  };
}
