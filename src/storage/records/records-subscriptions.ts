import type { Mode } from '../../core/payment.ts';
import type { RecurringRevenue } from '../../core/movement-row.ts';

/** A subscription as it was folded last, and what of it stands in the facts store. */
export interface SubscriptionRow extends RecurringRevenue {
  connection: string;
  status: string;
  /** Present monthly revenue, in its own currency. */
  mrrMinor: number;
  /** Epoch milliseconds: its first movement, or its creation when it never brought anything. */
  startedAt: number;
}

/** Subscriptions whose facts changed wait to be folded again. A request made while one is worked on is not lost. */
export interface Subscriptions {
  /** @param dueAt later for a change that is known to come, such as the end of a discount */
  request(site: string, connection: string, ids: readonly string[], dueAt: number): Promise<void>;
  /** Requests all subscriptions that are known of a site. @returns how many */
  requestAll(site: string, dueAt: number): Promise<number>;
  due(now: number, limit: number): Promise<SubscriptionRequest[]>;
  /** Deletes the request unless it was asked for again since (`version` differs). */
  finish(request: SubscriptionRequest): Promise<void>;
  postpone(request: SubscriptionRequest, error: string, retryAt: number): Promise<void>;
  put(row: SubscriptionRow): Promise<void>;
  get(site: string, id: string): Promise<SubscriptionRow | null>;
  /** Newest first; `cursor` is opaque, from the page before. */
  list(
    site: string,
    mode: Mode,
    limit: number,
    cursor: string | null,
  ): Promise<{ subscriptions: SubscriptionRow[]; next: string | null }>;
  /** Ids of its payments, the first one first. */
  paymentsOf(site: string, id: string): Promise<string[]>;
}

export interface SubscriptionRequest {
  site: string;
  id: string;
  connection: string;
  version: number;
  attempts: number;
}
