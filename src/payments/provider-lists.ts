import type { ProviderObject } from '../core/payment.ts';

/**
 * The lists of a payment provider, newest first, page by page. Part of the port of provider.ts.
 *
 * Every method throws ProviderUnavailable when it is worth asking again and KeyRefused when the key as a whole is not
 * accepted (revoked, or bound to other addresses).
 */
export interface ProviderLists {
  /** Objects of one list, read as webhooks are read. */
  list(key: string, name: ListName, range: ListRange, options: ListOptions): Promise<Listed<ListedObject>>;
  /** Events of the last 30 days, with the body that a webhook would have brought. */
  events(key: string, range: ListRange): Promise<Listed<ListedEvent>>;
  /** What the provider's own book says: one row per movement of its balance. */
  movements(key: string, range: ListRange, options: ListOptions): Promise<Listed<Movement>>;
}

export const LIST_NAMES = [
  'customers',
  'subscriptions',
  'invoices',
  'invoice_payments',
  'sessions',
  'refunds',
  'disputes',
  'charges',
] as const;
export type ListName = (typeof LIST_NAMES)[number];

export interface ListRange {
  /** Epoch milliseconds, inclusive; null: from the beginning. */
  createdFrom: number | null;
  /** Epoch milliseconds, exclusive; null: until now. */
  createdBefore: number | null;
  /** `next` of the page before. */
  after: string | null;
}

export interface ListOptions {
  visitorMetadataKeys: readonly string[];
}

export type Listed<Item> =
  | { status: 'page'; items: Item[]; next: string | null }
  /** The key lacks a permission; the reason is the provider's and names it. */
  | { status: 'forbidden'; reason: string }
  /** Asking the same again gives the same answer; for a page with `after`, the object it names may be gone. */
  | { status: 'rejected'; reason: string };

export interface ListedObject {
  id: string;
  createdAt: number | null;
  /** The object itself and what was expanded in it. */
  objects: ProviderObject[];
}

export interface ListedEvent {
  id: string;
  type: string;
  createdAt: number;
  livemode: boolean | null;
  /** Set when the event is about another account (Stripe Connect). */
  account: string | null;
  body: string;
}

export interface Movement {
  id: string;
  /** The charge, refund, dispute, payout, … that moved the balance. */
  source: string | null;
  type: string;
  /** Groups the types by what an accountant calls them ('dispute', 'partial_capture_reversal', …). */
  category: string;
  amountMinor: number;
  feeMinor: number;
  currency: string;
  createdAt: number;
  status: string;
  /** The same movement, as the fold reads it. */
  objects: ProviderObject[];
}
