import type { ProviderObject, WantedObject } from '../core/payment.ts';
import type { ProviderLists } from './provider-lists.ts';

/**
 * The port to a payment provider. src/stripe implements it; nothing else knows Stripe's shapes, signatures or errors.
 */
export interface Provider extends ProviderLists {
  /** Checks a webhook's signature against several secrets. Never throws on bad input. */
  verify(
    rawBody: Uint8Array,
    signature: string | undefined,
    secrets: readonly { id: string; secret: string }[],
    nowMs: number,
  ): Verification;
  /**
   * Reads a verified body into snapshots. Unknown types give an empty list.
   * @throws UnreadableEvent when the body can never be read
   */
  read(body: string, options: ReadOptions): ReadEvent;
  /** Does the provider accept this key? Never throws. */
  probe(key: string): Promise<Probe>;
  /** @throws ProviderUnavailable when it is worth asking again */
  fetch(key: string, want: WantedObject, options: ReadOptions): Promise<Fetched>;
}

export type Verification =
  | {
      ok: true;
      /** Every secret that verifies: one endpoint's secret may have been given to several connections. */
      secretIds: string[];
      delivery: Delivery;
    }
  | { ok: false; reason: string };

/** The head of a verified webhook, as far as it could be read. */
export interface Delivery {
  /** The provider's event id; for a body without one, a hash of the body, so that it is stored once and visible. */
  eventId: string;
  type: string;
  livemode: boolean | null;
  /** Set when the event is about another account than the endpoint's (Stripe Connect). */
  account: string | null;
}

export interface ReadOptions {
  /** The site's own metadata keys, read after the built-in ones. */
  visitorMetadataKeys: readonly string[];
}

export interface ReadEvent {
  id: string;
  type: string;
  objects: ProviderObject[];
  /** Objects the event only names (thin events): they must be fetched to know what happened. */
  named: WantedObject[];
  /** Id of the event that tells the same with its data; when that one is here, nothing needs to be fetched. */
  twin?: string | null;
}

export type Probe =
  | {
      status: 'verified';
      livemode: boolean;
      /** null: the key may not know it, or the provider did not say. */
      account: string | null;
      /** Why the provider did not say the account this time, though it might have: an outage, a limit. */
      unsaid?: string;
    }
  | { status: 'refused'; reason: string }
  | { status: 'unreachable'; livemode: boolean; reason: string };

export type Fetched =
  | { status: 'found'; objects: ProviderObject[] }
  | { status: 'absent'; reason: string }
  | { status: 'forbidden'; reason: string }
  /** The key as a whole is not accepted, as by KeyRefused. */
  | { status: 'refused'; reason: string };

/** The body was signed but is no event: retrying cannot help. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent';
}

/** The key as a whole is not accepted: revoked, or bound to other addresses. Only another key, or its owner, can help. */
export class KeyRefused extends Error {
  override name = 'KeyRefused';
}

/** The provider did not answer, or asked to wait. */
export class ProviderUnavailable extends Error {
  override name = 'ProviderUnavailable';
  readonly retryAfterMs: number | null;
  constructor(message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** What setting an account up and checking it needs, beside booking. Never throws: a refusal is an answer here. */
export interface ProviderSetup {
  /** Every permission Headwater has a use for, the needed ones first. */
  permissions: readonly PermissionRule[];
  /** Event types an endpoint should send: only those that `apiVersion` knows. */
  webhookEvents: readonly string[];
  /** The version that endpoints made by us are pinned to. */
  apiVersion: string;
  /** Name of each permission → what the provider said. */
  probePermissions(key: string): Promise<Record<string, PermissionAnswer>>;
  endpoints(key: string): Promise<Asked<Endpoint[]>>;
  /** @param input.once the same text within a day gives the same endpoint and secret again, and not a second one */
  createEndpoint(
    key: string,
    input: { url: string; metadata: Record<string, string>; once: string },
  ): Promise<Asked<{ endpoint: Endpoint; secret: string }>>;
  /** Makes it send the event types of `webhookEvents`, and switches it on. */
  refreshEndpoint(key: string, id: string): Promise<Asked<Endpoint>>;
  removeEndpoint(key: string, id: string): Promise<Asked<null>>;
  /** The newest objects, with what decides whether they can be attributed; no values of their metadata. */
  recentCheckouts(key: string, limit: number): Promise<Asked<Sample[]>>;
  recentCharges(key: string, limit: number): Promise<Asked<Sample[]>>;
}

export type PermissionAnswer = 'granted' | 'missing' | 'unknown';

export interface PermissionRule {
  /** As the provider's refusals name it. */
  name: string;
  /** As the provider's form for keys calls it. */
  label: string;
  access: 'read' | 'write';
  /** What stops working without it. */
  without: string;
}

export type Asked<T> =
  /** `answeredAt`: epoch milliseconds of the provider's clock, where it was looked at. */
  | { ok: true; value: T; answeredAt?: number | null }
  /**
   * `forbidden`: a permission lacks. `refused`: the key as a whole is not accepted. `rejected`: the question is at fault.
   * `again`: worth asking again later.
   */
  | { ok: false; why: 'forbidden' | 'refused' | 'rejected' | 'again'; reason: string };

export interface Endpoint {
  id: string;
  url: string;
  enabled: boolean;
  events: string[];
  /** null: the account's own version. */
  apiVersion: string | null;
  metadata: Record<string, string>;
  createdAt: number;
}

export interface Sample {
  id: string;
  metadataKeys: string[];
  /** Checkout Sessions: where the buyer returns to. */
  returnUrl: string | null;
  /** Checkout Sessions: made by a payment link, which can carry no more than a client reference. */
  isOfPaymentLink: boolean;
}

/** Connecting by the provider's own page instead of a pasted key; only where the operator set it up. */
export interface ProviderOAuth {
  authorizeUrl(input: { state: string; redirectUri: string }): string;
  /** Turns the code of the callback into a key. */
  exchange(code: string): Promise<Asked<{ key: string; account: string | null; livemode: boolean }>>;
  deauthorize(account: string): Promise<Asked<null>>;
}
