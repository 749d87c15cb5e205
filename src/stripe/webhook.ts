import { createHash } from 'node:crypto';
import { Stripe } from 'stripe';
import type { ObjectKind, WantedObject } from '../core/payment.ts';
import { UnreadableEvent } from '../payments/provider.ts';
import type { Delivery, ReadEvent, Verification } from '../payments/provider.ts';
import { whyImpossible } from './impossible.ts';
import { id, isJson, record, text, time } from './fields.ts';
import type { Json } from './fields.ts';
import { normalize } from './normalize.ts';
import type { NormalizeContext } from './normalize.ts';

const TOLERANCE_SECONDS = 300;
/** Longer than any header Stripe sends; a bound on the number of signatures compared. */
const HEADER_MAX = 4096;
const signature = Stripe.webhooks.signature!;

/**
 * Verifies a webhook with Stripe's own signature code: any of several v1 signatures, timing-safe, other schemes ignored.
 * One thing is added: the package accepts signatures from any time in the future, which would let one captured request
 * with a wrong clock be replayed for ever; here the tolerance holds both ways.
 */
export function verifyWebhook(
  rawBody: Uint8Array,
  header: string | undefined,
  secrets: readonly { id: string; secret: string }[],
  nowMs: number,
): Verification {
  if (!header) return { ok: false, reason: 'the Stripe-Signature header is missing' };
  if (header.length > HEADER_MAX) return { ok: false, reason: 'the Stripe-Signature header is too long' };
  if (rawBody.length === 0) return { ok: false, reason: 'the body is empty' };
  if (secrets.length === 0) return { ok: false, reason: 'no webhook secret is stored for this address' };
  const signedAt = timestampOf(header);
  if (signedAt === null) return { ok: false, reason: 'the Stripe-Signature header has no timestamp' };
  const ageSeconds = Math.floor(nowMs / 1000) - signedAt;
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) {
    return {
      ok: false,
      reason: `the signature is ${Math.abs(ageSeconds)} s ${ageSeconds > 0 ? 'old' : 'in the future'}, ${TOLERANCE_SECONDS} s are allowed: check the clock`,
    };
  }
  const secretIds = secrets.filter(({ secret }) => isSigned(rawBody, header, secret, nowMs)).map(({ id }) => id);
  if (secretIds.length === 0) return { ok: false, reason: 'no stored webhook secret matches the signature' };
  return { ok: true, secretIds, delivery: headOf(rawBody) };
}

/** The last `t`, read as the package reads it, so that both look at the same number. */
function timestampOf(header: string): number | null {
  const times = header
    .split(',')
    .map((item) => item.split('='))
    .filter(([scheme]) => scheme === 't')
    .map(([, value]) => parseInt(value ?? '', 10));
  const last = times.at(-1);
  return last !== undefined && Number.isSafeInteger(last) && last > 0 ? last : null;
}

function isSigned(rawBody: Uint8Array, header: string, secret: string, nowMs: number): boolean {
  try {
    return signature.verifyHeader(rawBody, header, secret, TOLERANCE_SECONDS, undefined, nowMs);
  } catch {
    return false;
  }
}

function headOf(rawBody: Uint8Array): Delivery {
  const body = parse(new TextDecoder().decode(rawBody));
  return {
    eventId: id(body?.['id']) ?? `body_${createHash('sha256').update(rawBody).digest('hex')}`,
    type: text(body?.['type'], 100) ?? 'unknown',
    livemode: typeof body?.['livemode'] === 'boolean' ? body['livemode'] : null,
    account: id(body?.['account']) ?? accountIn(body?.['context']),
  };
}

/** Thin events of connected accounts name them in their context, below the platform's or organisation's: `org_…/acct_…`. */
function accountIn(context: unknown): string | null {
  return /(?:^|\/)(acct_\w{1,60})$/.exec(text(context, 300) ?? '')?.[1] ?? null;
}

function parse(body: string): Json | null {
  try {
    const value: unknown = JSON.parse(body);
    return isJson(value) ? value : null;
  } catch {
    return null;
  }
}

/** Reads the body of a verified webhook, of any API version, snapshot or thin. */
export function readEvent(body: string, context: Omit<NormalizeContext, 'seenAt'> & { nowMs: number }): ReadEvent {
  const event = parse(body);
  if (!event) throw new UnreadableEvent('the body is not a JSON object');
  const eventId = id(event['id']);
  const type = text(event['type'], 100);
  if (eventId === null || type === null) throw new UnreadableEvent('the body has no event id or type');
  if (event['object'] === 'v2.core.event') {
    return { id: eventId, type, objects: [], named: thinReference(event), twin: id(event['snapshot_event']) };
  }
  // Its invoice does not exist yet, and has no id of its own.
  if (type === 'invoice.upcoming') return { id: eventId, type, objects: [], named: [] };
  const impossible = whyImpossible(record(event['data'])['object']);
  if (impossible !== null) throw new UnreadableEvent(impossible);
  const seenAt = time(event['created']) ?? context.nowMs;
  // Not the whole event: `previous_attributes` holds what is no longer so.
  const { object, previous_attributes: attributes } = record(event['data']);
  const about = id(object);
  const previous = about !== null && isJson(attributes) ? { id: about, attributes } : undefined;
  return { id: eventId, type, objects: normalize(object, { ...context, seenAt, previous }), named: [] };
}

const KINDS: Record<string, ObjectKind | undefined> = {
  charge: 'charge',
  refund: 'refund',
  payment_intent: 'payment_intent',
  'checkout.session': 'checkout_session',
  invoice: 'invoice',
  invoice_payment: 'invoice_payment',
  invoicepayment: 'invoice_payment',
  subscription: 'subscription',
  customer: 'customer',
  balance_transaction: 'balance_transaction',
  dispute: 'dispute',
};

function thinReference(event: Json): WantedObject[] {
  const related = record(event['related_object']);
  const type = text(related['type'], 100) ?? '';
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  const objectId = id(related['id']);
  return kind && objectId ? [{ kind, by: null, id: objectId }] : [];
}
