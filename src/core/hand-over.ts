import { isSameSecret, type Sign } from './keyed-text.ts';

/**
 * A visitor on the way from one domain of a site to another: cookies do not travel, so the address carries a signed word
 * for two minutes. `<visitor>.<expiry>.<nonce>.<signature>`, bound to the site and to the host that is opened.
 */
export interface HandOver {
  visitor: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  /** Names this hand-over: it serves one visitor only. */
  nonce: string;
}
/** Where it is bound to; `host` is plain (acquisition-host). */
export interface HandOverPlace {
  site: string;
  host: string;
}
/** Why a hand-over was not taken. Closed list: labels of a metric. */
export const HAND_OVER_REFUSALS = ['malformed', 'forged', 'expired', 'used', 'no_visitor'] as const;
export type HandOverRefusal = (typeof HAND_OVER_REFUSALS)[number];

const TOKEN = /^([A-Za-z0-9_-]{1,64})\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]{8,22})\.([0-9a-f]{32})$/;

export function writeHandOver({ visitor, expiresAt, nonce }: HandOver, place: HandOverPlace, sign: Sign): string {
  const body = `${visitor}.${expiresAt.toString(36)}.${nonce}`;
  return `${body}.${signatureOf(body, place, sign)}`;
}

/** Of another host or site it counts as forged: the signature says no more. */
export function readHandOver(
  token: string,
  { now, ...place }: HandOverPlace & { now: number },
  sign: Sign,
): HandOver | { refused: HandOverRefusal } {
  const [, visitor, expiry, nonce, signature] = TOKEN.exec(token) ?? [];
  if (visitor === undefined) return { refused: 'malformed' };
  const body = token.slice(0, token.lastIndexOf('.'));
  if (!isSameSecret(signature!, signatureOf(body, place, sign))) return { refused: 'forged' };
  const expiresAt = Number.parseInt(expiry!, 36);
  return now <= expiresAt ? { visitor, expiresAt, nonce: nonce! } : { refused: 'expired' };
}

function signatureOf(body: string, { site, host }: HandOverPlace, sign: Sign): string {
  return sign(`hand over\n${site}\n${host}\n${body}`).slice(0, 32);
}
