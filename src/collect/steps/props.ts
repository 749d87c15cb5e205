import { wellFormed } from '../../core/acquisition-url.ts';
import type { Event } from '../../core/event.ts';
import { isObject } from './batch.ts';
import { type Drop, malformed } from './hit.ts';

/** Set by the hand-over step, never by the sender. */
export const HAND_OVER_PROP = 'hw_hand_over';
export const PROP_LIMITS = { properties: 50, nameChars: 100, valueChars: 500, depth: 8 } as const;

const APP_ID_CHARS = 200;
export const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,188}\.[^\s@.]{1,63}$/;
const CHECKOUT_SESSION = /^cs_[A-Za-z0-9_]{1,197}$/;
const PAYMENT_INTENT = /^pi_[A-Za-z0-9_]{1,197}$/;

/** Reads `props` into the event: a flat map of texts. Nested values are kept as JSON, texts are cut at 500 characters. */
export function readProps(props: unknown, event: Event): Drop | null {
  if (props === undefined || props === null) {
    return event.name === 'checkout' ? checkoutProps({}, event) : null;
  }
  if (!isObject(props)) return malformed('props', '"props" must be an object');
  const entries = Object.entries(props);
  if (entries.length > PROP_LIMITS.properties) {
    return malformed('props', `"props" has ${entries.length} properties; at most ${PROP_LIMITS.properties} are kept`);
  }
  if (deeperThan(props, PROP_LIMITS.depth)) {
    return malformed('props', `"props" is nested deeper than ${PROP_LIMITS.depth} levels`);
  }
  if (event.name === 'checkout') return checkoutProps(props, event);
  const wrong = event.name === 'identify' ? checkIdentity(props) : null;
  if (wrong) return wrong;
  for (const [name, value] of entries) {
    const key = wellFormed(name.trim(), PROP_LIMITS.nameChars + 1);
    if (key === '' || key.length > PROP_LIMITS.nameChars) {
      return malformed('props', `the name of a property must have 1 to ${PROP_LIMITS.nameChars} characters`);
    }
    const text = textOf(value);
    if (text !== null && key !== '__proto__' && key !== HAND_OVER_PROP) event.props[key] = text;
  }
  return null;
}

/** A property's value as it is kept; null for nothing. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object') return wellFormed(JSON.stringify(value), PROP_LIMITS.valueChars);
  return wellFormed(String(value), PROP_LIMITS.valueChars);
}

/** Stops at the limit, so that a body made of brackets costs no more than its first levels. */
function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null && deeperThan(child, levels - 1)) return true;
  }
  return false;
}

/** Which checkout this visitor came back from. Only ids of Stripe are kept, and of a client secret only the id in it. */
function checkoutProps(props: Record<string, unknown>, event: Event): Drop | null {
  const { session_id: session, payment_intent: intent } = props;
  if (session !== undefined && session !== null) {
    if (typeof session !== 'string' || !CHECKOUT_SESSION.test(session)) {
      return malformed('props.session_id', '"session_id" must be the id of a Stripe Checkout Session (cs_…)');
    }
    event.props.session_id = session;
  }
  if (intent !== undefined && intent !== null) {
    const id = typeof intent === 'string' ? intent.replace(/_secret_.*$/s, '') : '';
    if (!PAYMENT_INTENT.test(id)) {
      return malformed('props.payment_intent', '"payment_intent" must be the id of a Stripe PaymentIntent (pi_…)');
    }
    event.props.payment_intent = id;
  }
  if (Object.keys(event.props).length > 0) return null;
  return malformed('props', 'a checkout event needs "session_id" (cs_…) or "payment_intent" (pi_…)');
}

function checkIdentity(props: Record<string, unknown>): Drop | null {
  const { app_id: appId, email } = props;
  if (appId !== undefined && appId !== null) {
    const id = typeof appId === 'string' || typeof appId === 'number' ? String(appId).trim() : '';
    if (id === '' || id.length > APP_ID_CHARS) {
      return malformed('props.app_id', `"app_id" must be a text of 1 to ${APP_ID_CHARS} characters`);
    }
  }
  if (email !== undefined && email !== null && (typeof email !== 'string' || !EMAIL.test(email.trim()))) {
    return malformed('props.email', '"email" must be an e-mail address');
  }
  return null;
}
