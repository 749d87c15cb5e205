/** Typed reading of JSON from outside: a field of another type than expected is as good as absent. */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  return isJson(value) ? value : {};
}

export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const { data } = record(value);
  return Array.isArray(data) ? data : [];
}

/** An id or null. Never judged by its prefix (py_, pyr_, du_ exist); '#' is ours and never in one. */
export function id(value: unknown): string | null {
  const text = isJson(value) ? value['id'] : value;
  return typeof text === 'string' && /^[A-Za-z0-9_.:-]{1,255}$/.test(text) ? text : null;
}

/** Text without what a database refuses (NUL, half surrogate pairs), at most `max` characters. */
export function text(value: unknown, max = 255): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.slice(0, max).replaceAll('\0', '\ufffd').toWellFormed();
}

// Bounded on both sides: an unbounded pattern takes quadratic time over a text of @s.
const EMAIL_MAX = 320;
const EMAIL = /[^\s@"'<>(),;:]{1,64}@[^\s@"'<>(),;:]{1,190}\.[^\s@"'<>(),;:.]{1,63}/g;

export function isEmail(value: string): boolean {
  const address = value.trim();
  return [...address.matchAll(EMAIL)].some((match) => match[0] === address);
}

/** Free text with every e-mail address in it taken out. */
export function withoutEmails(value: string): string {
  return value.includes('@') ? value.replaceAll(EMAIL, '(e-mail address)') : value;
}

/** Text that people wrote and people read: an address in it is not kept. */
export function words(value: unknown, max = 255): string | null {
  // An address that the limit would cut in two is taken out before.
  const found = text(value, max + EMAIL_MAX);
  return found === null ? null : withoutEmails(found).slice(0, max).toWellFormed();
}

export function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) + 0 : null;
}

/** A decimal, exactly: the package makes an object of it in what it is answered, webhooks bring the text itself. */
export function decimal(value: unknown): string | null {
  const written = isJson(value) && typeof value.toString === 'function' ? value.toString() : value;
  return typeof written === 'string' && /^\d{1,15}(\.\d{1,12})?$/.test(written) ? written : null;
}

/** A non-negative amount, 0 when absent or not an integer. */
export function amount(value: unknown): number {
  return Math.max(0, integer(value) ?? 0);
}

/** Stripe's seconds as epoch milliseconds. */
export function time(value: unknown): number | null {
  const seconds = integer(value);
  return seconds !== null && seconds > 0 && seconds < 100_000_000_000 ? seconds * 1000 : null;
}

export function currency(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toLowerCase() : null;
}
