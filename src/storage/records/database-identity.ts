import type { Generated } from 'kysely';

/** Tables about who is one person, what crediting again changed, and alerts; see database.ts. */

/** As in database.ts: while someone holds the row, `due_at` is the end of the lease. */
interface Claimable {
  attempts: number;
  fence: number;
  owner: string | null;
  due_at: number;
}

export interface AlertsTable {
  site: string;
  id: string;
  mode: string;
  kind: string;
  since: number;
  opened_at: number;
  resolved_at: number | null;
  resolution: string | null;
  resolved_by: string | null;
  /** JSON. */
  detail: string;
}

export interface AlertHooksTable {
  site: string;
  sealed_url: string;
  host: string;
  sealed_secret: string;
  created_at: number;
}

export interface AlertDeliveriesTable extends Claimable {
  id: string;
  site: string;
  alert: string | null;
  happened: string;
  state: string;
  last_error: string | null;
  created_at: number;
}

export interface LinkVerdictsTable {
  seq: Generated<number>;
  site: string;
  link: string;
  object: string;
  field: string;
  value: string;
  verdict: string;
  at: number;
  said_by: string;
  why: string;
}

export interface RestatementsTable {
  seq: Generated<number>;
  site: string;
  mode: string;
  payment: string;
  at: number;
  /** How long after the payment. */
  age_ms: number;
  /** Names, each between spaces. */
  reasons: string;
  /** JSON. */
  body: string;
}

export interface IdentitiesTable {
  site: string;
  kind: string;
  value: string;
  visitor: string;
  seen_at: number;
}

export interface AttributionRequestsTable {
  site: string;
  payment: string;
  version: number;
  attempts: number;
  due_at: number;
  last_error: string | null;
  /** Names, joined by commas. */
  reasons: Generated<string>;
}
