import type { ModelSettings, Renewals } from '../../core/attribution/settings.ts';
import type { CollectRules } from '../../core/collect-rules.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Link } from '../../core/link.ts';
import type { Mode, ObjectKind, Payment, ProviderObject, WantedObject } from '../../core/payment.ts';
import type { Alerts } from './records-alerts.ts';
import type { Attributions, Identities, Restatements, Verdicts } from './records-identity.ts';
import type { Cursors, Deliveries, Gaps, PolledInbox, Reconciliations, SettledLedger } from './records-history.ts';
import type { Outbox } from './records-outbox.ts';
import type { Rates } from './records-rates.ts';
import type { Spend } from './records-spend.ts';
import type { SavedRuns } from './records-runs.ts';
import type { Subscriptions } from './records-subscriptions.ts';
import type { Attribution, PaymentRow } from './records-attribution.ts';
import type { ObjectsTogether, PaymentsTogether } from './records-together.ts';

export type { Attribution, PaymentRow } from './records-attribution.ts';

/** Thrown when the store does not answer (HTTP: 503 with Retry-After). */
export class RecordsUnavailable extends Error {
  override name = 'RecordsUnavailable';
}

/** Thrown by `payments.list` for a cursor that no earlier page gave (HTTP: 400). */
export class BadCursor extends Error {
  override name = 'BadCursor';
  constructor(cursor: string) {
    super(`cursor '${cursor.slice(0, 100)}' is not one of ours; use the value of 'next' from the page before, or none`);
  }
}

/**
 * The records store: SQLite or PostgreSQL, one suite proves both (test/contracts). One file per noun; each noun is a
 * factory over a Kysely handle, so that inside `transaction` every noun works on the transaction.
 * Times are epoch milliseconds; `now` is always an argument. Booleans are booleans, JSON is parsed.
 */
export interface Records {
  teams: Teams;
  sites: Sites;
  keys: Keys;
  connections: Connections;
  inbox: Inbox;
  objects: Objects;
  wanted: Wanted;
  ledger: Ledger;
  payments: Payments;
  attributions: Attributions;
  identities: Identities;
  alerts: Alerts;
  verdicts: Verdicts;
  restatements: Restatements;
  outbox: Outbox;
  jobs: Jobs;
  settings: Settings;
  cursors: Cursors;
  gaps: Gaps;
  deliveries: Deliveries;
  reconciliations: Reconciliations;
  rates: Rates;
  subscriptions: Subscriptions;
  runs: SavedRuns;
  spend: Spend;
  /**
   * Runs `work` on a transaction (SQLite: begin immediate). Never use the outer Records inside: SQLite would deadlock.
   *
   * @param options.syncs false: a power cut may take the commit back, until a later one is synced. For work that goes on
   *   from where the store says it is, and of which nothing outside the store has been told.
   */
  transaction<T>(work: (records: Records) => Promise<T>, options?: { syncs?: boolean }): Promise<T>;
  /** Inside a transaction: one holder per name until it ends (PostgreSQL advisory lock; SQLite writes are alone anyway). */
  lock(name: string): Promise<void>;
  ping(): Promise<void>;
  migrate(): Promise<void>;
  close(): Promise<void>;
}

export interface Team {
  id: string;
  name: string;
  createdAt: number;
}
export interface Teams {
  /** The team that sites of the command line belong to; created on first use. */
  default(now: number): Promise<Team>;
  get(id: string): Promise<Team | null>;
  /** Teams a member belongs to. */
  ofMember(memberId: string): Promise<Team[]>;
  addMember(team: string, memberId: string, role: 'owner' | 'admin' | 'viewer', now: number): Promise<void>;
  memberCount(): Promise<number>;
}

export interface Site {
  id: string;
  team: string;
  name: string;
  /** Registrable or full host, lower case, no scheme. */
  domain: string;
  timezone: string;
  currency: string;
  settings: SiteSettings;
  createdAt: number;
}
export interface SiteSettings {
  /** Further hosts whose pages may send hits. */
  hosts: string[];
  /** Query parameters kept besides campaign and click-id ones. */
  keptParameters: string[];
  hashRouting: boolean;
  /** Excluded path prefixes. */
  excludedPaths: string[];
  /** Metadata keys read after the built-in ones. */
  visitorMetadataKeys: string[];
  /** Lookback window in days; null: lifetime. */
  windowDays: number | null;
  /** What the site says about the models, its window apart; absent: the defaults. */
  models?: Omit<ModelSettings, 'windowDays'>;
  /** Absent: 'first_path'. */
  renewals?: Renewals;
  /** Count invoices that were paid by other means than the provider, as payments of a class of their own. */
  offStripe: boolean;
  /** Absent or in part: the defaults (core/collect-rules.ts). */
  collect?: Partial<CollectRules>;
}
export interface Sites {
  add(
    site: Omit<Site, 'id' | 'createdAt' | 'settings'> & { settings?: Partial<SiteSettings> },
    now: number,
  ): Promise<Site>;
  get(id: string): Promise<Site | null>;
  list(team?: string): Promise<Site[]>;
  update(
    id: string,
    change: Partial<Pick<Site, 'name' | 'domain' | 'timezone' | 'currency' | 'settings'>>,
  ): Promise<Site | null>;
}

export interface ApiKey {
  id: string;
  site: string;
  /** First characters, shown to people ('hw_ab12…'). */
  prefix: string;
  scopes: string[];
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
}
export interface Keys {
  /** Stores the SHA-256 of the key, never the key. */
  add(
    key: { site: string; hash: string; prefix: string; scopes: string[]; expiresAt: number | null },
    now: number,
  ): Promise<ApiKey>;
  byHash(hash: string): Promise<ApiKey | null>;
  list(site: string): Promise<ApiKey[]>;
  touch(id: string, now: number): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface Connection {
  id: string;
  site: string;
  /** acct_…, null while Stripe has not told (restricted keys may not read it). */
  account: string | null;
  mode: Mode;
  /** 'disconnected': key and secrets are forgotten, what was booked stays; connecting the account again revives it. */
  status: 'verified' | 'unverified' | 'refused' | 'disconnected';
  /** Why it is not verified, in Stripe's words where there are some. */
  statusReason: string | null;
  /** Sealed (http of no one: see `secrets` in main.ts); null when only a webhook secret is known. */
  sealedKey: string | null;
  /** Last four characters of the key, for people. */
  keyHint: string | null;
  createdAt: number;
  checkedAt: number | null;
  lastEventAt: number | null;
  /** How the key came: pasted, or by Stripe's OAuth page. */
  grantedBy: 'key' | 'oauth';
  /** A person chose the mode of a connection that has no key: its first event must not change it. */
  isModeChosen: boolean;
  /** What the key may do; null: not asked yet. */
  permissions: KeyPermissions | null;
  /** The webhook endpoint at Stripe, as far as known; null: not looked at yet. */
  endpoint: EndpointState | null;
}
export interface KeyPermissions {
  checkedAt: number;
  /** Permission name → what Stripe answered to a probe. */
  answers: Record<string, 'granted' | 'missing' | 'unknown'>;
}
export interface EndpointState {
  /**
   * created: by us, its secret is stored. manual: a person makes it and pastes its secret. failed: tried again.
   * unreachable: Stripe could not deliver to our address.
   */
  state: 'created' | 'manual' | 'failed' | 'unreachable';
  /** we_…, null while none is known. */
  id: string | null;
  /** Why it is not 'created', or what is wrong with it. */
  reason: string | null;
  /** The address of ours that it is about; absent before it was noted. */
  url?: string;
  checkedAt: number;
}
type NewConnection = Omit<
  Connection,
  'id' | 'createdAt' | 'lastEventAt' | 'grantedBy' | 'isModeChosen' | 'permissions' | 'endpoint'
>;
export interface WebhookSecret {
  id: string;
  connection: string;
  sealedSecret: string;
  createdAt: number;
}
export interface Connections {
  add(connection: NewConnection & Partial<Connection>, now: number): Promise<Connection>;
  get(id: string): Promise<Connection | null>;
  update(id: string, change: Partial<Omit<Connection, 'id' | 'site' | 'createdAt'>>): Promise<void>;
  ofSite(site: string): Promise<Connection[]>;
  all(): Promise<Connection[]>;
  /** Connections whose key is unverified or refused, last checked before `before`. */
  unverified(before: number): Promise<Connection[]>;
  addSecret(connection: string, sealedSecret: string, now: number): Promise<WebhookSecret>;
  /** Webhooks signed with any secret of the connection are refused from now on. */
  removeSecrets(connection: string): Promise<void>;
  /** Secrets of one site, or of every site when `site` is null. */
  secrets(site: string | null): Promise<(WebhookSecret & { site: string })[]>;
}

export interface InboxRow {
  connection: string;
  eventId: string;
  type: string;
  /** Sealed raw body; null: purged. */
  body: string | null;
  receivedAt: number;
  state: 'pending' | 'done' | 'dead' | 'quarantined';
  /** Tries begun, the one of this claim included: a row that kills the process is counted too. */
  attempts: number;
  lastError: string | null;
  /** Grows with each claim; a finish or fail with an older number is refused. */
  fence: number;
}
export interface Inbox extends PolledInbox {
  /** False when (connection, eventId) is stored already. */
  add(
    row: Pick<InboxRow, 'connection' | 'eventId' | 'type' | 'receivedAt'> & {
      body: string;
      state?: 'pending' | 'quarantined';
      reason?: string;
      /** Set when it was polled: when the event happened, and whether a webhook should have brought it. */
      polled?: { eventAt: number; isExpected: boolean };
    },
  ): Promise<boolean>;
  /** Pending rows that are due, oldest first, leased to `owner` until now + leaseMs by one compare-and-set. */
  claim(owner: string, now: number, leaseMs: number, limit: number): Promise<InboxRow[]>;
  /** False when the lease was lost (fence is older): the caller must roll back. */
  done(row: Pick<InboxRow, 'connection' | 'eventId' | 'fence'>, now: number): Promise<boolean>;
  /** Schedules the next try, or 'dead' when `retryAt` is null. */
  fail(
    row: Pick<InboxRow, 'connection' | 'eventId' | 'fence'>,
    error: string,
    retryAt: number | null,
  ): Promise<boolean>;
  counts(site?: string): Promise<Record<InboxRow['state'], number>>;
  deadLetters(site: string, limit: number): Promise<InboxRow[]>;
  /** Rows of a site in one state; the oldest first. */
  rows(site: string, state: InboxRow['state'], limit: number): Promise<InboxRow[]>;
  /** Those of one state that were received since and still have their body: how many, and the newest of them. */
  recent(
    site: string,
    state: InboxRow['state'],
    options: { since: number; limit: number },
  ): Promise<{ count: number; rows: InboxRow[] }>;
  /**
   * Puts one webhook (or, with null, all done and dead ones of the site) back to pending; with 'dead', dead letters only.
   * One whose body was purged cannot be replayed.
   */
  replay(site: string, eventId: string | null, now: number, only?: 'dead'): Promise<number>;
  /** Empties the bodies of up to `limit` webhooks that were finished before. @returns how many */
  purge(before: number, limit: number): Promise<number>;
}

/** Merged provider objects of a connection, and the references between them (from → to ids, both directions indexed). */
export interface Objects extends ObjectsTogether {
  get(connection: string, id: string): Promise<ProviderObject | null>;
  getMany(connection: string, ids: readonly string[]): Promise<ProviderObject[]>;
  put(connection: string, object: ProviderObject, references: readonly string[]): Promise<void>;
  /** Invoices in the order of their ids. */
  invoices(connection: string, afterId: string | null, limit: number): Promise<ProviderObject[]>;
  /** Ids of stored objects that reference one of `ids`, optionally of some kinds only. */
  referencing(
    connection: string,
    ids: readonly string[],
    kinds?: readonly ObjectKind[],
  ): Promise<{ id: string; kind: ObjectKind; to: string }[]>;
}

export interface WantedRow extends WantedObject {
  connection: string;
  /** Tries begun, the one of this claim included. */
  attempts: number;
  /** 'wanted' | 'found' | 'absent' (404 or empty list) | 'forbidden' (403; tried again when the key changes). */
  state: 'wanted' | 'found' | 'absent' | 'forbidden';
  lastError: string | null;
  fence: number;
}
export interface Wanted {
  /**
   * Adds what is not there yet; what is there keeps its state, but balance transactions of a charge that were found are
   * wanted again. `dueAt` delays the first try, to let webhooks bring it.
   */
  add(connection: string, wants: readonly WantedObject[], dueAt: number): Promise<void>;
  claim(owner: string, now: number, leaseMs: number, limit: number): Promise<WantedRow[]>;
  settle(row: WantedRow, state: Exclude<WantedRow['state'], 'wanted'>, error: string | null): Promise<boolean>;
  fail(row: WantedRow, error: string, retryAt: number): Promise<boolean>;
  /** A new key may see more: forbidden ones are wanted again. */
  retryForbidden(connection: string, now: number): Promise<void>;
  /** Those that were to wait until exactly `heldUntil` are due now. */
  release(connection: string, heldUntil: number, now: number): Promise<void>;
}

export interface Ledger extends SettledLedger {
  /** In the order (occurredAt, id). */
  entries(site: string, paymentId: string): Promise<LedgerEntry[]>;
  /** An entry that is there already changes nothing. Throws when it is there with other content: it never changes. */
  append(site: string, mode: Mode, entries: readonly LedgerEntry[]): Promise<void>;
}

export interface Payments extends PaymentsTogether {
  upsert(payment: Payment): Promise<void>;
  get(site: string, id: string): Promise<PaymentRow | null>;
  links(site: string, id: string): Promise<Link[]>;
  /** Replaces the links of a payment. */
  setLinks(site: string, id: string, links: readonly Link[]): Promise<void>;
  setAttribution(site: string, id: string, attribution: Attribution): Promise<void>;
  /** Newest first; `cursor` is opaque, from the page before. */
  list(
    site: string,
    mode: Mode,
    limit: number,
    cursor: string | null,
  ): Promise<{ payments: PaymentRow[]; next: string | null }>;
  /** Payments of the site that have a link with one of these values, or whose attribution holds one of these visitors. */
  touchedBy(site: string, values: readonly string[]): Promise<string[]>;
  /** Payments of the same customer. */
  ofCustomer(site: string, mode: Mode, customer: string): Promise<string[]>;
  all(site: string, afterId: string | null, limit: number): Promise<string[]>;
  count(site: string): Promise<number>;
}

export interface Job {
  id: string;
  kind: string;
  args: Record<string, unknown>;
  state: 'queued' | 'running' | 'done' | 'failed';
  progress: Record<string, unknown>;
  error: string | null;
  fence: number;
  createdAt: number;
}
export interface Jobs {
  add(kind: string, args: Record<string, unknown>, now: number): Promise<Job>;
  get(id: string): Promise<Job | null>;
  /** Jobs of a kind that are queued or running, oldest first. */
  open(kind: string): Promise<Job[]>;
  /** @param only these kinds, or this one job */
  claim(
    owner: string,
    now: number,
    leaseMs: number,
    only?: { kinds?: readonly string[]; id?: string },
  ): Promise<Job | null>;
  /** Gives the job back with its progress kept, to be claimed again at `dueAt`. False when the lease was lost. */
  postpone(job: Pick<Job, 'id' | 'fence'>, dueAt: number, reason: string | null): Promise<boolean>;
  /** Saves progress and renews the lease; false when the lease was lost. */
  progress(job: Pick<Job, 'id' | 'fence'>, progress: Record<string, unknown>, leaseUntil: number): Promise<boolean>;
  finish(job: Pick<Job, 'id' | 'fence'>, error: string | null): Promise<boolean>;
}

/** Small values of the whole installation (set-up token hash, …). */
export interface Settings {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  /** Keeps the value that is there already. @returns the one that stands */
  setOnce(name: string, value: string): Promise<string>;
  remove(name: string): Promise<void>;
  /** Removes the names that begin with `prefix`, but for one. */
  removeOthers(prefix: string, kept: string): Promise<void>;
}
