import type { Generated } from 'kysely';
import type {
  AlertDeliveriesTable,
  AlertHooksTable,
  AlertsTable,
  AttributionRequestsTable,
  IdentitiesTable,
  LinkVerdictsTable,
  RestatementsTable,
} from './database-identity.ts';

/**
 * The tables of the records store, as rows. Times are epoch milliseconds, amounts minor units, `body`, `settings`,
 * `scopes`, `args` and `progress` JSON text. `due_at` is when a row may next be claimed: while someone holds it, the end
 * of the lease; `fence` grows with each claim.
 */
export interface Database {
  teams: TeamsTable;
  team_members: TeamMembersTable;
  sites: SitesTable;
  api_keys: ApiKeysTable;
  connections: ConnectionsTable;
  webhook_secrets: WebhookSecretsTable;
  inbox: InboxTable;
  objects: ObjectsTable;
  object_references: ObjectReferencesTable;
  wanted: WantedTable;
  ledger_entries: LedgerEntriesTable;
  payments: PaymentsTable;
  payment_links: PaymentLinksTable;
  payment_visitors: PaymentVisitorsTable;
  payment_attributions: PaymentAttributionsTable;
  attribution_requests: AttributionRequestsTable;
  identities: IdentitiesTable;
  alerts: AlertsTable;
  alert_hooks: AlertHooksTable;
  alert_deliveries: AlertDeliveriesTable;
  link_verdicts: LinkVerdictsTable;
  restatements: RestatementsTable;
  outbox: OutboxTable;
  jobs: JobsTable;
  saved_runs: SavedRunsTable;
  settings: SettingsTable;
  rates: RatesTable;
  subscriptions: SubscriptionsTable;
  subscription_requests: SubscriptionRequestsTable;
  spend_imports: SpendImportsTable;
  spend_lines: SpendLinesTable;
  spend: SpendTable;
  spend_aliases: SpendAliasesTable;
  cursors: CursorsTable;
  gaps: GapsTable;
  deliveries: DeliveriesTable;
  reconciliations: ReconciliationsTable;
  headwater_migrations: MigrationsTable;
}

export interface MigrationsTable {
  name: string;
  applied_at: number;
}

export interface TeamsTable {
  id: string;
  name: string;
  /** 'default' on one team, null on the others: two processes that create the default team at once make one. */
  slot: string | null;
  created_at: number;
}

export interface TeamMembersTable {
  team: string;
  member: string;
  role: string;
  created_at: number;
}

export interface SitesTable {
  id: string;
  team: string;
  name: string;
  domain: string;
  timezone: string;
  currency: string;
  settings: string;
  created_at: number;
}

export interface ApiKeysTable {
  id: string;
  site: string;
  hash: string;
  prefix: string;
  scopes: string;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
}

export interface ConnectionsTable {
  id: string;
  site: string;
  account: string | null;
  mode: string;
  status: string;
  status_reason: string | null;
  sealed_key: string | null;
  key_hint: string | null;
  created_at: number;
  checked_at: number | null;
  last_event_at: number | null;
  granted_by: string;
  mode_chosen: number;
  /** JSON. */
  permissions: string | null;
  /** JSON. */
  endpoint: string | null;
}

export interface WebhookSecretsTable {
  id: string;
  connection: string;
  sealed_secret: string;
  created_at: number;
}

interface Claimable {
  attempts: number;
  fence: number;
  owner: string | null;
  due_at: number;
}

export interface InboxTable extends Claimable {
  connection: string;
  event_id: string;
  type: string;
  body: string;
  received_at: number;
  state: string;
  last_error: string | null;
  finished_at: number | null;
  /** 'webhook' | 'poll' */
  source: Generated<string>;
  /** When the event happened, of polled ones. */
  event_at: Generated<number | null>;
  /** 'open': polled, expected by webhook and not delivered so far; else the id of the gap it was found in. */
  gap: Generated<string | null>;
}

export interface ObjectsTable {
  connection: string;
  id: string;
  kind: string;
  body: string;
}

export interface ObjectReferencesTable {
  connection: string;
  from_id: string;
  from_kind: string;
  to_id: string;
}

export interface WantedTable extends Claimable {
  connection: string;
  kind: string;
  /** '' for the object itself: a primary key holds no null. */
  by_kind: string;
  id: string;
  state: string;
  last_error: string | null;
}

export interface LedgerEntriesTable {
  site: string;
  id: string;
  payment: string;
  mode: string;
  kind: string;
  amount_minor: number;
  currency: string;
  occurred_at: number;
  balance_transaction: string | null;
  settled_minor: number | null;
  settled_currency: string | null;
  fee_minor: number | null;
}

export interface PaymentsTable {
  site: string;
  id: string;
  mode: string;
  connection: string;
  kind: string;
  currency: string;
  occurred_at: number;
  customer: string | null;
  subscription: string | null;
  path_ends_at: number | null;
  gross_minor: number;
  refunded_minor: number;
  disputed_minor: number;
  fee_minor: number;
  fee_currency: string | null;
  tax_minor: number | null;
  product: string | null;
  product_name: string | null;
  price: string | null;
  coupon: string | null;
}

export interface PaymentLinksTable {
  site: string;
  payment: string;
  position: number;
  object: string;
  field: string;
  value: string;
  claim: string;
  rung: number;
  seen_at: number;
}

/** Which visitors a payment's attribution holds: an index over `payment_attributions`. */
export interface PaymentVisitorsTable {
  site: string;
  visitor: string;
  payment: string;
}

/** Apart from `payments`, so that an amount that changes does not rewrite the path and its credits. */
export interface PaymentAttributionsTable {
  site: string;
  payment: string;
  body: string;
  /** Digest of what it was computed from; '' when nobody wrote that down. */
  inputs: Generated<string>;
}

export interface OutboxTable {
  seq: Generated<number>;
  /** Rows added together travel together: a batch never holds half of a re-credit. */
  added_with: string;
  /** Token of the batch the row was written down for, null before. */
  batch: string | null;
  body: string;
  /** How many rows for the facts store the body holds. */
  held: Generated<number>;
}

export interface JobsTable {
  id: string;
  kind: string;
  args: string;
  state: string;
  progress: string;
  error: string | null;
  fence: number;
  owner: string | null;
  due_at: number;
  created_at: number;
}

export interface SavedRunsTable {
  site: string;
  id: string;
  name: string;
  question: string;
  /** JSON. */
  settings: string;
  /** JSON. */
  answer: string;
  created_at: number;
}

export interface CursorsTable {
  connection: string;
  name: string;
  body: string;
  due_at: number;
  owner: string | null;
  fence: number;
}

export interface GapsTable {
  id: string;
  connection: string;
  from_at: number;
  to_at: number;
  found_at: number;
  found_by: string;
  /** JSON. */
  brought: string;
}

export interface DeliveriesTable {
  connection: string;
  type: string;
  first_at: number;
  last_at: number;
}

export interface ReconciliationsTable {
  connection: string;
  day: string;
  currency: string;
  provider_minor: number;
  ledger_minor: number;
  /** JSON. */
  residuals: string;
  checked_at: number;
}

export interface RatesTable {
  /** 'YYYY-MM-DD', UTC. */
  day: string;
  base: string;
  quote: string;
  /** Exact decimal. */
  rate: string;
  /** 'file' | 'feed' */
  source: string;
}

export interface SubscriptionsTable {
  site: string;
  id: string;
  mode: string;
  connection: string;
  status: string;
  mrr_minor: number;
  started_at: number;
  body: string;
}

export interface SubscriptionRequestsTable {
  site: string;
  id: string;
  connection: string;
  version: number;
  attempts: number;
  due_at: number;
  last_error: string | null;
}

export interface SpendImportsTable {
  seq: Generated<number>;
  id: string;
  site: string;
  state: string;
  name: string;
  platform: string;
  created_at: number;
  /** JSON. */
  summary: string;
}

export interface SpendLinesTable {
  site: string;
  day: string;
  campaign_key: string;
  import: number;
  platform: string;
  account: string;
  campaign_id: string;
  campaign: string;
  source: string;
  medium: string;
  currency: string;
  amount_minor: number;
  clicks: number | null;
  impressions: number | null;
}

/** `name` is what the platform calls the campaign, `campaign` what its visitors are tagged with. */
export interface SpendTable extends Omit<SpendLinesTable, 'import'> {
  name: string;
  channel: string;
  reporting_currency: string | null;
  reporting_minor: number | null;
  evidence: string | null;
}

export interface SpendAliasesTable {
  site: string;
  platform: string;
  campaign_key: string;
  source: string;
  medium: string;
  campaign: string;
}

export interface SettingsTable {
  name: string;
  value: string;
}
