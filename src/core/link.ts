/** Metadata keys that carry a visitor id, in the order they are read (DESIGN.md §6). A site may add its own at the end. */
export const VISITOR_METADATA_KEYS = [
  'hw_visitor_id',
  'attribu_visitor_id',
  'zori_visitor_id',
  'datafast_visitor_id',
] as const;
export const SESSION_METADATA_KEYS = [
  'hw_session_id',
  'attribu_session_id',
  'zori_session_id',
  'datafast_session_id',
] as const;

/** What a found value claims to be. */
export type LinkClaim = 'visitor' | 'session' | 'client_reference' | 'email_hash';

/** Evidence that a payment belongs to a visitor: one row of the ladder of STRIPE.md §1a, kept for every payment. */
export interface Link {
  /** Id of the object the value was found in (ch_…, pi_…, cs_…, sub_…, cus_…), as shown to people. */
  object: string;
  /** Path in that object: 'metadata.hw_visitor_id', 'client_reference_id', 'pixel' for a checkout hit. */
  field: string;
  value: string;
  claim: LinkClaim;
  /** Position in the ladder, smaller wins; ties are broken by (seenAt, field, value). */
  rung: number;
  /** Epoch milliseconds. */
  seenAt: number;
}

/** Why a payment has no credit. Closed list; texts for people stand in UNATTRIBUTED_REASONS. */
export const UNATTRIBUTED_REASONS = {
  no_visitor_id: 'No visitor id was found on any Stripe object of this payment.',
  malformed_visitor_id: 'A visitor id was found, but it is malformed or a placeholder.',
  visitor_never_seen: 'A visitor id was found, but no hit of that visitor was ever received.',
  visitor_seen_after_payment: 'The visitor was first seen only after paying.',
  outside_window: 'All touchpoints of the visitor lie outside the lookback window.',
  pending: 'The payment was recorded and has not been matched yet.',
} as const;
export type UnattributedReason = keyof typeof UNATTRIBUTED_REASONS;
