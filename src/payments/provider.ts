import type { ProviderObject, WantedObject } from '../core/payment.ts';

/**
 * The port to a payment provider. src/stripe implements it; nothing else knows Stripe's shapes, signatures or errors.
 */
export interface Provider {
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
}

export type Probe =
  | { status: 'verified'; livemode: boolean; account: string | null }
  | { status: 'refused'; reason: string }
  | { status: 'unreachable'; livemode: boolean; reason: string };

export type Fetched =
  | { status: 'found'; objects: ProviderObject[] }
  | { status: 'absent'; reason: string }
  | { status: 'forbidden'; reason: string };

/** The body was signed but is no event: retrying cannot help. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent';
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
