import { isSameSecret, type Sign } from './keyed-text.ts';

/**
 * Visitor ids that this installation vouches for: `<id>_<24 hex digits>`, an id like any other to everybody else. A made-up
 * id cannot be told from a real one, so a site that counts signed ids only gives money to none that was made up.
 */
const SIGNATURE_DIGITS = 24;
const ID_CHARS_MAX = 64;
const BASE_CHARS_MAX = ID_CHARS_MAX - SIGNATURE_DIGITS - 1;
const SIGNED = /^([A-Za-z0-9_-]{1,39})_([0-9a-f]{24})$/;

/** The signed form of an id: the same each time, and of a signed id itself. */
export function signVisitor(site: string, id: string, sign: Sign): string {
  if (isSignedVisitor(site, id, sign)) return id;
  // An id that leaves no room for a signature is shortened, still one for one.
  const base = id.length <= BASE_CHARS_MAX ? id : sign(`visitor base\n${site}\n${id}`).slice(0, 32);
  return `${base}_${signatureOf(site, base, sign)}`;
}

export function isSignedVisitor(site: string, id: string, sign: Sign): boolean {
  const [, base, signature] = SIGNED.exec(id) ?? [];
  return base !== undefined && isSameSecret(signature!, signatureOf(site, base, sign));
}

function signatureOf(site: string, base: string, sign: Sign): string {
  return sign(`visitor\n${site}\n${base}`).slice(0, SIGNATURE_DIGITS);
}
