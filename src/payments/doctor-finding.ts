import type { Link } from '../core/link.ts';
import type { Mode } from '../core/payment.ts';
import type { Gap } from '../storage/records/records-history.ts';
import type { Alert } from '../storage/records/records-alerts.ts';
import type { Connection, InboxRow, Site } from '../storage/records/records.ts';
import type { Refusals } from './endpoints-refusals.ts';
import type { Asked, Endpoint, PermissionRule, Sample } from './provider.ts';

/** Everything the check-up looks for, and what is said when it is in order. Closed list, in the order of reading. */
export const CHECKS = {
  connection_missing: 'A Stripe account is connected',
  connection_refused: 'Stripe accepts the key',
  connection_unverified: 'Stripe has confirmed the key',
  key_permissions: 'The key has every permission Headwater uses',
  clock_differs: 'The clock of this server agrees with Stripe’s',
  webhook_unreachable: 'Stripe can reach this installation',
  webhook_never_delivered: 'Webhooks have arrived',
  webhook_silent: 'Webhooks still arrive',
  webhook_missing: 'Stripe has an endpoint with this site’s address',
  webhook_disabled: 'The endpoint is switched on',
  webhook_duplicated: 'There is one endpoint, not several',
  webhook_elsewhere: 'Every endpoint made for this site sends to this server',
  webhook_missing_types: 'The endpoint sends every event type that is needed',
  webhook_delays_invoices: 'The endpoint does not hold up invoices',
  webhook_old_version: 'The endpoint sends a current API version',
  webhook_secret_mismatch: 'Signatures match the stored secrets',
  webhook_dead_letters: 'Every event could be processed',
  webhook_quarantined: 'Events belong to the connected accounts',
  webhook_pending: 'Events are processed without delay',
  script_never_seen: 'The script has been seen',
  script_silent: 'The script is still there',
  cookie_absent: 'Hits carry a visitor id',
  coverage_low: 'Most payments are attributed',
  coverage_fell: 'No fewer payments are attributed than usual',
  payment_without_id: 'Payments carry a visitor id',
  id_under_other_key: 'Ids stand under names that are read',
  id_on_session_only: 'Ids stand on the payment, not on the Checkout Session alone',
  id_on_customer_only: 'Ids stand on the payment, not on the customer alone',
  id_placeholder: 'Ids are ids, not placeholders',
  visitor_unknown: 'Ids belong to visitors of this site',
  visitor_after_payment: 'Visitors are seen before they pay',
  return_address: 'Return addresses name the Checkout Session',
  shared_identity: 'App ids and customers belong to one person',
} as const;
export type CheckCode = keyof typeof CHECKS;

export interface Remedy {
  text: string;
  /** What the reader can paste: code, a command, an address. */
  code: string | null;
}

export interface Finding {
  code: CheckCode;
  /** error: money is missing or cannot be attributed. warning: it will be, or some is. note: good to know. */
  severity: 'error' | 'warning' | 'note';
  title: string;
  detail: string;
  /** Ids at Stripe that show it, at most OBJECTS_MAX. */
  objects: string[];
  remedy: Remedy;
}
export const OBJECTS_MAX = 10;

export interface CheckUp {
  /** Epoch ms. */
  checkedAt: number;
  findings: Finding[];
  /** Every check, with what came of it; 'skipped' says why in `reason`. */
  checks: { code: CheckCode; title: string; state: 'passed' | 'found' | 'skipped'; reason: string | null }[];
}

/** What one check makes of a site: findings, or why it could not look. */
export type Checked = Finding[] | { skipped: string };
export type Check = (site: Examined) => Checked;
export type Checks = Partial<Record<CheckCode, Check>>;

export interface ExaminedConnection extends Connection {
  /** Webhook secrets stored. */
  secrets: number;
  /** When the newest of them was stored; 0: none. */
  secretAt: number;
  /** The last events that polling brought and no webhook. */
  missed: Gap | null;
  /** null: not asked, there is no key. */
  endpoints: Asked<Endpoint[]> | null;
  checkouts: Asked<Sample[]> | null;
  charges: Asked<Sample[]> | null;
  /** How far this server's clock is ahead of the provider's; null: nothing was answered. */
  aheadMs: number | null;
}

export interface ExaminedPayment {
  id: string;
  connection: string;
  occurredAt: number;
  /** Why it is unattributed. */
  reason: string | null;
  links: Link[];
  /** The link that named the visitor. */
  used: Pick<Link, 'object' | 'field' | 'value'> | null;
  customer: string | null;
  visitor: string | null;
}

/** Everything the checks look at, read once. */
export interface Examined {
  site: Site;
  now: number;
  mode: Mode;
  webhookUrl: string;
  /** Every address at which this site's webhooks are taken. */
  webhookUrls: string[];
  /** Why Stripe cannot deliver here; null when it can. */
  unreachable: string | null;
  rules: readonly PermissionRule[];
  webhookEvents: readonly string[];
  apiVersion: string;
  keyLink: string;
  scriptTag: string;
  /** Without those that were disconnected. */
  connections: ExaminedConnection[];
  inbox: {
    counts: Record<InboxRow['state'], number>;
    oldest: InboxRow | null;
    dead: InboxRow[];
    quarantined: InboxRow[];
  };
  refusals: Refusals | null;
  /** null: the facts store did not answer, or this process has none. */
  hits: { last: { occurredAt: number; url: string } | null; total: number; withoutVisitor: number } | null;
  /** The newest of the mode. */
  payments: ExaminedPayment[];
  /** Set while coverage is lower than usual. */
  fall: Alert | null;
  /** Identities that more visitors claim than one person has. */
  shared: { kind: string; value: string; visitors: number }[];
}

/** What was listed; nothing where it was not asked, or refused. */
export const listed = <T>(asked: Asked<T[]> | null): T[] => (asked?.ok ? asked.value : []);

export const count = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;
export const firstOf = (ids: readonly string[]) => [...new Set(ids)].slice(0, OBJECTS_MAX);
