import type { IdentityKind, Link } from '../../core/link.ts';
import type { Mode } from '../../core/payment.ts';
import type { Restatement, RestatementReason } from '../../core/restatement.ts';
import type { AttributionsTogether } from './records-together.ts';

/** Payments that wait for (re-)attribution. A request made while one is worked on is not lost: see `version`. */
export interface Attributions extends AttributionsTogether {
  /** @param reasons why, of all or of each; those of a request that waits already are kept too */
  request(
    site: string,
    paymentIds: readonly string[],
    now: number,
    reasons: readonly RestatementReason[] | ((paymentId: string) => Iterable<RestatementReason>),
  ): Promise<void>;
  /**
   * Due requests, the oldest; when there are more than `limit`, before them a few of the latest. Not leased: two workers
   * doing the same payment reach the same rows, under the payment's lock.
   */
  due(now: number, limit: number): Promise<AttributionRequestRow[]>;
  /** Deletes the request unless it was asked for again since (`version` differs). */
  finish(site: string, paymentId: string, version: number): Promise<void>;
  /** Why these payments wait at this moment; one that does not is not in it. */
  reasonsOf(site: string, paymentIds: readonly string[]): Promise<Map<string, RestatementReason[]>>;
  postpone(site: string, paymentId: string, error: string, retryAt: number): Promise<void>;
  count(site?: string): Promise<number>;
}
export interface AttributionRequestRow {
  site: string;
  paymentId: string;
  version: number;
  attempts: number;
  reasons: RestatementReason[];
}

/**
 * What identify, checkout and hand-over hits said, from the drainer. Values are an app id as given, a keyed e-mail hash,
 * a Stripe object's id, or the visitor that handed over.
 */
export interface Identities {
  add(
    site: string,
    rows: readonly { kind: IdentityKind; value: string; visitor: string; seenAt: number }[],
  ): Promise<void>;
  /** Visitors that claimed one of these values, earliest first; at most 200 per value. */
  visitors(
    site: string,
    kind: IdentityKind,
    values: readonly string[],
  ): Promise<{ value: string; visitor: string; seenAt: number }[]>;
  /** Values these visitors claimed; at most 200 per visitor. */
  ofVisitors(
    site: string,
    visitors: readonly string[],
  ): Promise<{ kind: IdentityKind; value: string; visitor: string; seenAt: number }[]>;
}

/** A person's word on a link. Nothing is deleted: the latest word on a link counts, the earlier ones stay. */
export interface Verdict extends Pick<Link, 'object' | 'field' | 'value'> {
  link: string;
  verdict: 'rejected' | 'reinstated';
  at: number;
  /** Who, for people: a member's name, a key's prefix, the command line. */
  by: string;
  why: string;
}
export interface Verdicts {
  add(site: string, verdict: Verdict): Promise<void>;
  /** The latest word on this link; null: none. */
  latest(site: string, link: string): Promise<Verdict | null>;
  /** Everything said about these links, oldest first. */
  of(site: string, links: readonly string[]): Promise<Verdict[]>;
  /** Links that are rejected at present, the latest rejection first. */
  rejected(site: string, limit?: number): Promise<Verdict[]>;
  /** Their keys (linkKey). */
  rejectedKeys(site: string): Promise<Set<string>>;
}

/** What crediting again has changed. Append-only. */
export interface RestatementRow extends Restatement {
  id: string;
  payment: string;
  mode: Mode;
  at: number;
}
export interface Restatements {
  add(site: string, rows: readonly Omit<RestatementRow, 'id'>[], ages: ReadonlyMap<string, number>): Promise<void>;
  /**
   * Newest first.
   *
   * @param page.minAgeMs only what changed at least so long after its payment
   * @param page.cursor opaque, from the page before
   */
  list(
    site: string,
    page: {
      mode?: Mode | undefined;
      payment?: string | undefined;
      reason?: RestatementReason | undefined;
      minAgeMs?: number | undefined;
      limit: number;
      cursor: string | null;
    },
  ): Promise<{ restatements: RestatementRow[]; next: string | null }>;
}
