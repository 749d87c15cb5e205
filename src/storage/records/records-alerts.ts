import type { CoverageFall } from '../../core/coverage.ts';
import type { Mode } from '../../core/payment.ts';

/** Something that is wrong at a site. `detail` is what it stood on when it was raised. */
export interface Alert {
  id: string;
  site: string;
  mode: Mode;
  kind: 'coverage';
  /** When what is wrong began, as far as it is known; `openedAt`: when it was noticed. Epoch ms. */
  since: number;
  openedAt: number;
  /** Null: it stands. */
  resolvedAt: number | null;
  /** back: it is as before. accepted: a person said that this is the new usual. */
  resolution: 'back' | 'accepted' | null;
  resolvedBy: string | null;
  detail: CoverageFall & { reasons: Record<string, number> };
}

/** Where a site wants its alerts told. The address may hold a secret of its own: it is sealed, `host` is for people. */
export interface AlertHook {
  site: string;
  sealedUrl: string;
  host: string;
  sealedSecret: string;
  createdAt: number;
}

export interface AlertDelivery {
  id: string;
  site: string;
  /** Null: a test. */
  alert: string | null;
  happened: 'raised' | 'resolved' | 'test';
  state: 'waiting' | 'done' | 'failed';
  /** Tries begun, the one of this claim included. */
  attempts: number;
  fence: number;
  lastError: string | null;
  createdAt: number;
}

export interface Alerts {
  /** Null: one of this kind stands already. What is to be told is queued with it, where the site has a hook. */
  raise(alert: Omit<Alert, 'id' | 'resolvedAt' | 'resolution' | 'resolvedBy'>): Promise<Alert | null>;
  /** False: it does not stand. */
  resolve(
    site: string,
    id: string,
    how: { resolvedAt: number; resolution: NonNullable<Alert['resolution']>; resolvedBy: string | null; now: number },
  ): Promise<boolean>;
  get(site: string, id: string): Promise<Alert | null>;
  standing(site: string, mode: Mode): Promise<Alert | null>;
  /** Newest first. */
  list(site: string, limit: number): Promise<Alert[]>;
  hook(site: string): Promise<AlertHook | null>;
  /** Null: none any more; what waits to be told is dropped. */
  setHook(site: string, hook: Omit<AlertHook, 'site'> | null): Promise<void>;
  /** A delivery that only says that it works. False: the site has no hook. */
  queueTest(site: string, now: number): Promise<boolean>;
  claim(owner: string, now: number, leaseMs: number): Promise<AlertDelivery | null>;
  /** False when the lease was lost. `retryAt` null: never again. */
  settle(
    delivery: Pick<AlertDelivery, 'id' | 'fence'>,
    outcome: { error: string | null; retryAt: number | null },
  ): Promise<boolean>;
  /** Newest first. */
  deliveries(site: string, limit: number): Promise<AlertDelivery[]>;
}
