import type { FastifyBaseLogger } from 'fastify';
import type { AlertUse } from '../alerts/use.ts';
import type { IdentityUse } from '../reports/identity.ts';
import type { FileOutcome } from '../reports/report-file.ts';
import type { Journeys } from '../journeys/journeys.ts';
import type { PeopleSearch } from '../journeys/search.ts';
import type { Timelines } from '../journeys/timeline.ts';
import type { OutsideOutcome, OutsidePayment } from '../payments/outside.ts';
import type { SpendUse } from '../spend/use.ts';
import type { PixelFiles } from './pixel-files.ts';
import type { Keys, Site, Sites, Team } from '../storage/records/records.ts';
import type {
  ConnectionsAnswer,
  DisconnectAnswer,
  DoctorAnswer,
  HistoryAnswer,
  PaymentDetailAnswer,
  PaymentsAnswer,
  RatesAnswer,
  ReportAnswer,
} from './contract.ts';
import type { RecomputeAnswer, RunAnswer, RunsAnswer } from './contract-models.ts';
import type { SubscriptionDetailAnswer, SubscriptionsAnswer } from './contract-subscriptions.ts';

/**
 * What the routes call: use cases and ports as values, put together in main.ts. A route parses, calls one of these and
 * renders; it never meets a store, Stripe or the environment.
 */
export interface HttpDeps {
  log: FastifyBaseLogger;
  now(): number;
  /** Public address without a trailing slash. `Secure` cookies and HSTS only when it is https. */
  publicUrl: string;
  /** Addresses or ranges whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** Requests per minute and address on the collect endpoint; 0: no limit. */
  collectPerMinute: number;
  /** Folder of the built dashboard. */
  dashboardDir: string;
  /** The pixel's scripts by file name; none when it was not built. */
  pixel: PixelFiles;

  collect(request: CollectRequest): Promise<CollectResult>;
  /** Signs a hand-over to another domain of the site. */
  handOver(request: Pick<CollectRequest, 'body' | 'headers'>): Promise<HandOverResult>;
  /** What collect and the drainer did since the start, for /metrics; refusals before collect are counted here too. */
  hits: HitCounts;
  receiveWebhook(delivery: WebhookDelivery): Promise<WebhookResult>;
  /** @throws ConnectRefused (by name, with `field`) for bad input or a key that Stripe refuses: nothing is stored then */
  connectStripe(input: {
    site: string;
    key?: string | undefined;
    webhookSecret?: string | undefined;
    connection?: string | undefined;
    mode?: 'live' | 'test' | undefined;
  }): Promise<Connected>;
  /** null: the site has no such connection. */
  disconnectStripe(input: { site: string; connection: string }): Promise<DisconnectAnswer | null>;
  /** Connecting by Stripe's own page; null: the operator has not set it up. */
  oauth: OAuth | null;
  /** The check-up of a site. */
  doctor(site: Site): Promise<DoctorAnswer>;
  /** The connections page of a site: connections, webhook address, inbox, dead letters. */
  stripeOf(site: Site): Promise<ConnectionsAnswer>;

  /** Backfill, polling, gaps and reconciliation of a site's connections. */
  historyOf(site: Site): Promise<HistoryAnswer>;
  /** Reads a connection's history again, or compares its last weeks with Stripe; null: no such connection with a key. */
  historyJob(input: { site: string; connection: string; kind: 'backfill' | 'reconcile' }): Promise<string | null>;
  /** Dead letters back into the inbox: one, or (null) all of them. @returns how many */
  replay(input: { site: string; event: string | null }): Promise<number>;

  /** `question` is the query string as received. */
  report(site: Site, question: Record<string, string>): Promise<Outcome<ReportAnswer>>;
  /** The rows of its answer as CSV. */
  reportFile(site: Site, question: Record<string, string>): Promise<FileOutcome>;
  payments: {
    list(
      site: Site,
      page: { mode: 'live' | 'test' | null; limit: number; cursor: string | null },
    ): Promise<Outcome<PaymentsAnswer>>;
    get(site: Site, id: string): Promise<PaymentDetailAnswer | null>;
  };
  /** Books money that another provider took; its id is the idempotency key. */
  outsidePayment(site: Site, payment: OutsidePayment): Promise<OutsideOutcome>;
  subscriptions: {
    list(
      site: Site,
      page: { mode: 'live' | 'test' | null; limit: number; cursor: string | null },
    ): Promise<Outcome<SubscriptionsAnswer>>;
    get(site: Site, id: string): Promise<SubscriptionDetailAnswer | null>;
  };
  /** How customers came to buy. */
  journeys: Journeys;
  /** What one person did; `visitor` and `customer` throw BadCursor (by name). */
  timelines: Timelines;
  findPeople: PeopleSearch;
  /** Saved runs of a site. */
  runs: {
    add(site: Site, input: { name: string; question: string }): Promise<Outcome<RunAnswer>>;
    list(site: Site): Promise<RunsAnswer['runs']>;
    get(site: Site, id: string): Promise<RunAnswer | null>;
    remove(site: Site, id: string): Promise<boolean>;
  };
  /** How far crediting all payments again has come. */
  recomputeOf(site: Site): Promise<RecomputeAnswer>;
  /** Which visitors make a payment's path, a person's word on links, and what changed. */
  identity: IdentityUse;
  /** How much is attributed, and alerts when it falls. */
  alerts: AlertUse;
  siteActivity(site: Site): Promise<SiteActivity>;
  /** Which exchange rates are known, and what none could convert. */
  ratesOf(site: Site): Promise<RatesAnswer>;
  /** @throws SpendRefused (by name, with `field`) for what cannot be imported: nothing is stored then */
  spend: SpendUse;

  sites: Pick<Sites, 'add' | 'get' | 'list' | 'update'>;
  keys: Keys;
  teams: { ofMember(memberId: string): Promise<Team[]> };
  accounts: Accounts;

  /** Each resolves when the store answers and rejects when it does not. */
  checks: { records(): Promise<void>; facts(): Promise<void>; spool(): Promise<void> };
  gauges: {
    inbox(): Promise<Record<string, number>>;
    spoolRows(): Promise<number>;
    outboxRows(): Promise<number>;
    attributionsWaiting(): Promise<number>;
  };
}

/** An answer, or why the question was refused (400 unless `status` says otherwise). */
export type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; code: string; message: string; field?: string; status?: number; retryAfterS?: number };

export interface CollectRequest {
  /** The body as received: text/plain or JSON, at most 1 MB. */
  body: Buffer;
  /** Header names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Client address after trusted proxies. Never stored. */
  address: string;
  /** Host the browser asked, as trusted proxies tell it; '' when it is not known. */
  host: string;
  /** Site of the server key that came with the request; null: none. */
  keySite: string | null;
}
export type CollectResult =
  /** `visitor`: the signed id in place of the one sent; `setCookie`: a whole Set-Cookie value. */
  | { status: 202; accepted: number; dropped: Record<string, number>; visitor?: string; setCookie?: string }
  | { status: 400 | 401 | 403 | 413 | 429 | 503; code: string; message: string; field?: string; retryAfterS?: number };

export type HandOverResult =
  | { status: 200; handOver: string }
  | { status: 400 | 403 | 413 | 503; code: string; message: string; field?: string; retryAfterS?: number };

export interface HitCounts {
  accepted: number;
  drained: number;
  duplicates: number;
  rejected: number;
  /** By reason; keys are closed lists. */
  bots: Map<string, number>;
  dropped: Map<string, number>;
  handOvers: Map<string, number>;
  /** Requests refused, by code. */
  refused: Map<string, number>;
}

export interface WebhookDelivery {
  /** null: the connection is found by the secret that verifies. */
  site: string | null;
  rawBody: Uint8Array;
  signature: string | undefined;
}
export interface WebhookResult {
  status: 200 | 400 | 404;
  code: string;
  message: string;
}

export interface Connected {
  id: string;
  /** acct_…, null while Stripe has not told. */
  account: string | null;
  livemode: boolean;
  status: 'verified' | 'unverified';
}

/** `siteOf` and `finish` throw ConnectRefused when this member did not begin it, or Stripe refuses. */
export interface OAuth {
  begin(site: string, member: string): string;
  siteOf(state: string, member: string): string;
  finish(input: { state: string; member: string; code: string }): Promise<Connected>;
}

export interface SiteActivity {
  lastHit: { occurredAt: number; url: string } | null;
  payments: number;
  modes: ('live' | 'test')[];
  defaultMode: 'live' | 'test';
}

export interface Member {
  id: string;
  name: string;
  email: string;
}
/** `setCookies` are whole Set-Cookie values. */
export type SignedIn =
  { ok: true; member: Member; setCookies: string[] } | { ok: false; code: string; message: string; field?: string };

export interface Accounts {
  /** True until the owner account exists. */
  setupRequired(): Promise<boolean>;
  /** Turns a one-time link into a member who is signed in. The link works once. */
  setUp(input: { token: string; name: string; email: string; password: string }): Promise<SignedIn>;
  signIn(input: { email: string; password: string }): Promise<SignedIn>;
  /** Ends the session of these cookies; answers the cookies that clear it. */
  signOut(cookie: string): Promise<string[]>;
  /** Who is signed in with these cookies; `setCookies` when the session was prolonged. */
  session(cookie: string): Promise<{ member: Member; setCookies: string[] } | null>;
}
