import type { CheckUpAnswer } from '../sites/check-up.ts';
import type { PermissionRule } from '../payments/provider.ts';
import type { Records, Site } from '../storage/records/records.ts';

/**
 * What the commands need of the composition root: `openApp` in main.ts answers it, with the records store open and
 * migrated, without HTTP and without the facts store. A command that needs facts queues a job and follows it.
 */
export interface App {
  records: Records;
  now(): number;
  /** @throws Error, with Stripe's reason, when Stripe refuses the key or the input cannot be used: nothing is stored */
  connectStripe(input: {
    site: string;
    key?: string | undefined;
    webhookSecret?: string | undefined;
    connection?: string | undefined;
    mode?: 'live' | 'test' | undefined;
  }): Promise<Connected>;
  /** Forgets the key and the webhook secrets; null: the site has no such connection. */
  disconnectStripe(input: { site: string; connection: string }): Promise<{ id: string; left: string | null } | null>;
  /** What a key may be allowed, and what stops working without. */
  permissions: readonly PermissionRule[];
  /** The check-up without the facts store, for where no server answers. */
  checkUp(site: Site): Promise<CheckUpAnswer>;
  /** The address of a one-time link by which a further member joins the team. */
  memberLink(): Promise<string>;
  /** Does a turn of a queued job, where no server takes it. False when there was nothing to do. */
  runJob(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface Connected {
  id: string;
  /** acct_…, null while Stripe has not told. */
  account: string | null;
  livemode: boolean;
  status: 'verified' | 'unverified';
}

export interface ServeOptions {
  /** Ends the server: it stops taking requests, drains and closes. */
  signal: AbortSignal;
  /** For people, line by line: progress, the set-up link, what to do next. */
  say(line: string): void;
  /** Called once, when requests are answered. */
  ready(address: string): void;
}
/** Resolves when the server has ended. Rejects, with one clear line as its message, when it cannot start. */
export type Serve = (options: ServeOptions) => Promise<void>;
