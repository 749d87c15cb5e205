import { createHash, randomBytes } from 'node:crypto';
import type { Settings } from '../../storage/records/records.ts';

/**
 * One-time links: the only way to an account. The link holds 256 random bits; the database holds their SHA-256, so a
 * copy of the database opens nothing.
 */
const OWNER_LINK = 'accounts.owner_link';
const MEMBER_LINK = 'accounts.member_link.';
const MEMBER_LINK_DAYS = 7;
const DAY_MS = 86_400_000;

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

/** The link of the first start. A new one replaces the old: only the address printed last works. */
export async function newOwnerToken(settings: Settings): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await settings.set(OWNER_LINK, digest(token));
  return token;
}

export async function newMemberToken(settings: Settings, now: number): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await settings.set(MEMBER_LINK + digest(token), String(now + MEMBER_LINK_DAYS * DAY_MS));
  return token;
}

/**
 * Takes the token out of the settings, inside the caller's transaction, so that two requests cannot both use it.
 * @returns what puts it back when the account could not be made, or null for a token that is unknown, used or too old
 */
export async function takeToken(
  settings: Settings,
  token: string,
  now: number,
): Promise<((settings: Settings) => Promise<void>) | null> {
  const hash = digest(token);
  if ((await settings.get(OWNER_LINK)) === hash) {
    await settings.remove(OWNER_LINK);
    return (later) => later.set(OWNER_LINK, hash);
  }
  const validUntil = await settings.get(MEMBER_LINK + hash);
  if (validUntil === null) return null;
  await settings.remove(MEMBER_LINK + hash);
  return now <= Number(validUntil) ? (later) => later.set(MEMBER_LINK + hash, validUntil) : null;
}

/** Once a member exists, the link of the first start opens nothing. */
export async function closeOwnerLink(settings: Settings): Promise<void> {
  await settings.remove(OWNER_LINK);
}
