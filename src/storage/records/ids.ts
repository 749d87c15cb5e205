import { randomInt } from 'node:crypto';

// Without 0, O, I and l, which people confuse; no '-' or '_', so that a double click selects all of it.
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Unguessable and URL-safe: 5.8 bits a character. */
export function randomId(length = 16): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
