import type { Link } from '../../core/link.ts';
import type { Mode, Payment, ProviderObject } from '../../core/payment.ts';
import type { Attribution, PaymentRow } from './records-attribution.ts';

/** Reading and writing several payments at once: a page of a list is booked in few statements. */
export interface PaymentsTogether {
  upsertMany(payments: readonly Payment[]): Promise<void>;
  getMany(site: string, ids: readonly string[]): Promise<Payment[]>;
  /** Payment → its links; one without links is not in it. */
  linksOf(site: string, ids: readonly string[]): Promise<Map<string, Link[]>>;
  /** With how they are credited; those that are not known are left out. */
  rowsOf(site: string, ids: readonly string[]): Promise<PaymentRow[]>;
  /** Payments of each of these customers, in the order of their ids. */
  ofCustomers(site: string, mode: Mode, customers: readonly string[]): Promise<Map<string, string[]>>;
  /** Payment → the visitor it is credited to; null: unattributed, or not attributed yet. */
  visitorsOf(site: string, ids: readonly string[]): Promise<Map<string, string | null>>;
  /** Payment → digest of what its attribution was computed from; one without is not in it. */
  inputsOf(site: string, ids: readonly string[]): Promise<Map<string, string>>;
  /** Payment → how it is credited; each of `ids` is in it. */
  attributionsOf(site: string, ids: readonly string[]): Promise<Map<string, Attribution>>;
  /**
   * As `setAttribution`.
   *
   * @param rows `inputs`: digest of what the attribution was computed from; `standing`: what is stored at present, where
   * that was read already
   */
  setAttributions(
    site: string,
    rows: readonly { payment: string; attribution: Attribution; inputs?: string; standing?: Attribution }[],
  ): Promise<void>;
  /** For payments that have no links. */
  addLinks(site: string, rows: readonly { payment: string; links: readonly Link[] }[]): Promise<void>;
}

export interface ObjectsTogether {
  /** @param rows `isNew`: the caller holds the connection's lock and found none stored, so no references are stored either */
  putMany(
    connection: string,
    rows: readonly { object: ProviderObject; references: readonly string[]; isNew?: boolean }[],
  ): Promise<void>;
}

export interface AttributionsTogether {
  /**
   * Inside a transaction: nobody else changes these payments' requests until it ends. For whoever changes them in several
   * statements, as two that take the same rows in two orders would wait for each other.
   */
  hold(site: string, paymentIds: readonly string[]): Promise<void>;
  /** As `finish`. */
  finishMany(site: string, requests: readonly { paymentId: string; version: number }[]): Promise<void>;
}
