import { parameterInvalid, parameterMissing, StripeRefusal } from './errors.ts';
import { type Form, type FormValue, formOf, textOf } from './form.ts';
import type { Metadata } from './billing-rows.ts';

/** Reads single parameters of a request the way Stripe's API does, refusing in its words. */

const MAX_KEYS = 50;
const MAX_KEY_LENGTH = 40;
const MAX_VALUE_LENGTH = 500;

export function requiredText(form: Form, name: string): string {
  const text = textOf(form[name]);
  if (text === null) throw parameterMissing(name);
  return text;
}

export function integer(form: Form, name: string): number | null {
  const text = textOf(form[name]);
  if (text === null) return null;
  if (!/^-?\d{1,12}$/.test(text)) {
    throw new StripeRefusal(400, {
      code: 'parameter_invalid_integer',
      message: `Invalid integer: ${text.slice(0, 50)}`,
      param: name,
    });
  }
  return Number(text);
}

export function positiveInteger(form: Form, name: string): number {
  const value = integer(form, name);
  if (value === null) throw parameterMissing(name);
  if (value < 1) {
    throw new StripeRefusal(400, {
      code: 'parameter_invalid_integer',
      message: 'This value must be greater than or equal to 1.',
      param: name,
    });
  }
  return value;
}

export function currency(form: Form, name = 'currency'): string {
  const text = requiredText(form, name).toLowerCase();
  if (!/^[a-z]{3}$/.test(text)) throw parameterInvalid(name, `Invalid currency: ${text.slice(0, 20)}.`);
  return text;
}

/** An empty value unsets its key, on creation too: what a merchant sends when the cookie was missing. */
export function metadata(value: FormValue | undefined, base: Metadata = {}): Metadata {
  // `metadata=` (empty) clears all of it.
  const result: Metadata = value === '' ? {} : { ...base };
  for (const [key, text] of Object.entries(formOf(value))) {
    if (typeof text !== 'string') throw parameterInvalid(`metadata[${key}]`, 'Invalid string: {}');
    if (key.length > MAX_KEY_LENGTH) {
      throw parameterInvalid('metadata', `Metadata keys can have up to ${MAX_KEY_LENGTH} characters.`);
    }
    if (text.length > MAX_VALUE_LENGTH) {
      throw parameterInvalid(
        `metadata[${key}]`,
        `Metadata values can have up to ${MAX_VALUE_LENGTH} characters, but you passed in a value that is ` +
          `${text.length} characters. Invalid value: ${text.slice(0, 40)}...`,
      );
    }
    if (text === '') delete result[key];
    else result[key] = text;
  }
  if (Object.keys(result).length > MAX_KEYS) {
    throw parameterInvalid('metadata', `Metadata can have up to ${MAX_KEYS} keys.`);
  }
  return result;
}
