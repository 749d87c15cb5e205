import { createHash, randomBytes } from 'node:crypto';

export const KEY_SCOPES = ['read', 'collect', 'write'] as const;

/** A server key of 256 random bits. What is stored is its SHA-256: there is nothing to guess, so no slow hash is needed. */
export function newKey(): { key: string; hash: string; prefix: string } {
  const key = `hw_${randomBytes(32).toString('base64url')}`;
  return { key, hash: createHash('sha256').update(key).digest('hex'), prefix: key.slice(0, 8) };
}
