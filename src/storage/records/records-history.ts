import type { LedgerEntry } from '../../core/ledger.ts';

/** What the records store keeps about reading a provider's history: places to go on from, gaps, reconciliations. */

/** Where a reader of a connection stands. Leased like every work: a save with an older fence is refused. */
export interface CursorRow {
  connection: string;
  name: string;
  body: Record<string, unknown>;
  dueAt: number;
  fence: number;
}
export interface Cursors {
  /** Creates it when it is not there; what is there stays. */
  ensure(connection: string, name: string, body: object, dueAt: number): Promise<void>;
  get(connection: string, name: string): Promise<CursorRow | null>;
  /** One due cursor of this name, leased to `owner` until now + leaseMs. */
  claim(name: string, owner: string, now: number, leaseMs: number): Promise<CursorRow | null>;
  /** False when the lease was lost: the caller must roll back. `dueAt` is the next turn, or how long the lease goes on. */
  save(row: Pick<CursorRow, 'connection' | 'name' | 'fence'>, body: object, dueAt: number): Promise<boolean>;
  /** Writes it whoever holds it; the holder's next save is refused. */
  put(connection: string, name: string, body: object, dueAt: number): Promise<void>;
}

/** A time in which webhooks should have come and did not, and what was read instead. */
export interface Gap {
  id: string;
  connection: string;
  fromAt: number;
  toAt: number;
  foundAt: number;
  /** 'events': the provider's list of events; 'lists': its lists of objects, beyond 30 days. */
  by: 'events' | 'lists';
  /** Event type or object kind → how many. */
  brought: Record<string, number>;
}
export interface Gaps {
  add(gap: Omit<Gap, 'id'>): Promise<Gap>;
  update(id: string, change: Pick<Gap, 'fromAt' | 'toAt' | 'foundAt' | 'brought'>): Promise<void>;
  latest(connection: string): Promise<Gap | null>;
  get(id: string): Promise<Gap | null>;
  /** Newest first. */
  ofSite(site: string, limit: number): Promise<Gap[]>;
}

/** One difference between the provider's book and the ledger, with its name. */
export interface Residual {
  name: 'not_a_payment' | 'missing_in_ledger' | 'amount_differs' | 'not_settled' | 'fee_differs';
  day: string;
  currency: string;
  /** What the provider's book says more than the ledger; of a 'fee_differs' the fee. */
  amountMinor: number;
  count: number;
  /** The provider's type of the movement, where it has one. */
  type: string | null;
  /** Ids of what it is about, at most 20. */
  objects: string[];
  /** For people. */
  detail: string;
}
export interface ReconciledDay {
  connection: string;
  /** YYYY-MM-DD, UTC. */
  day: string;
  currency: string;
  providerMinor: number;
  ledgerMinor: number;
  residuals: Residual[];
  checkedAt: number;
}
export interface Reconciliations {
  /** Replaces the days from `from` to `to` (inclusive) of the connection. */
  replace(connection: string, from: string, to: string, days: readonly ReconciledDay[]): Promise<void>;
  /** Newest day first. */
  ofSite(site: string, limit: number): Promise<ReconciledDay[]>;
  /** Days from `from` to `to`, inclusive, in their order. */
  between(connection: string, from: string, to: string): Promise<ReconciledDay[]>;
}

/** Which event types a connection's webhook endpoint has delivered: what may be missed when it falls silent. */
export interface Deliveries {
  seen(connection: string, type: string, now: number): Promise<void>;
  ofConnection(connection: string): Promise<{ type: string; firstAt: number; lastAt: number }[]>;
}

/** The part of the inbox that polling needs. */
export interface PolledInbox {
  /** Those of the ids that are stored already. */
  known(connection: string, eventIds: readonly string[]): Promise<string[]>;
  /** A webhook brought what had been polled before: its endpoint did not miss it. */
  delivered(connection: string, eventId: string): Promise<void>;
  /**
   * Polled events that happened before `before`, were expected by webhook and belong to no gap yet. Oldest first. Those that
   * another transaction holds are passed over; the others are held until this one ends.
   */
  undelivered(
    connection: string,
    before: number,
    limit: number,
  ): Promise<{ eventId: string; type: string; eventAt: number }[]>;
  assignGap(connection: string, eventIds: readonly string[], gap: string): Promise<void>;
}

/** The part of the ledger that reconciliation needs. */
export interface SettledLedger {
  /** Of several payments, each payment's in the order (occurredAt, id). */
  entriesOf(site: string, paymentIds: readonly string[]): Promise<LedgerEntry[]>;
  /** All entries of the payments that hold one of these money objects or balance transactions. */
  entriesAbout(
    site: string,
    objects: readonly string[],
    balanceTransactions: readonly string[],
  ): Promise<LedgerEntry[]>;
  /** Entries without a balance transaction, of the connection's payments, in a time (`to` exclusive). Oldest first. */
  unsettled(site: string, connection: string, from: number, to: number, limit: number): Promise<LedgerEntry[]>;
}
