import { currency, id, integer, isJson } from './fields.ts';
import type { Json } from './fields.ts';

const MONEY: Record<string, readonly string[] | undefined> = {
  charge: ['amount', 'amount_captured', 'amount_refunded'],
  refund: ['amount'],
  dispute: ['amount'],
};

/**
 * Why an object of Stripe's cannot be money as it is told, or null. What is absent is left to the fold; what is there and
 * cannot be (an id with spaces, a currency of four letters, half a cent) must not be taken for nothing: somebody has to see it.
 */
export function whyImpossible(object: unknown): string | null {
  if (!isJson(object) || typeof object['object'] !== 'string') return null;
  const kind = object['object'];
  const amounts = Object.hasOwn(MONEY, kind) ? MONEY[kind] : undefined;
  if (amounts === undefined) return null;
  if (id(object) === null) return `a ${kind} whose id is no id: ${shown(object['id'])}`;
  const name = `${kind} ${id(object)}`;
  for (const field of amounts) {
    const value = object[field];
    if (value !== undefined && value !== null && (integer(value) ?? -1) < 0)
      return `the ${field} of ${name} is no amount in minor units: ${shown(value)}`;
  }
  const code = object['currency'];
  if (currency(code) === null && (code !== undefined || isTaken(kind, object)))
    return `the currency of ${name} is no currency: ${shown(code)}`;
  return null;
}

/** Money that moved has a currency; half an object, as `previous_attributes` shows it, need not. */
function isTaken(kind: string, object: Json): boolean {
  return kind === 'charge' && object['status'] === 'succeeded' && integer(object['amount']) !== null;
}

/** Only what is too short to be an address or a name in full. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return /^[\w.-]{0,12}$/.test(value) ? JSON.stringify(value) : 'some other text';
  return value === undefined ? 'missing' : value === null ? 'null' : `a value of type ${typeof value}`;
}
