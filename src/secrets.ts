import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

/**
 * Seals what must be readable again (Stripe keys, webhook secrets, raw bodies) and hashes what must only be compared
 * (e-mail addresses). One secret per installation; from it two keys, so that neither use weakens the other.
 */
export interface Secrets {
  /** AES-256-GCM. `place` (table:id:column) is bound in: a sealed value copied to another row does not open. */
  seal(plain: string, place: string): string;
  /** @throws Error when the value was changed, moved, or sealed under another secret. */
  open(sealed: string, place: string): string;
  /** Keyed hash, hex: equal inputs give equal hashes, which say nothing without the secret. */
  hash(value: string): string;
}

const VERSION = 'v1';

export function createSecrets(secret: string): Secrets {
  const sealKey = Buffer.from(hkdfSync('sha256', secret, '', 'headwater seal', 32));
  // As a key object: from bytes one would be made for each hash, which takes eight times as long as hashing.
  const hashKey = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'headwater hash', 32)));
  const keyId = createHash('sha256').update(sealKey).digest('hex').slice(0, 8);

  return {
    seal(plain, place) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return [VERSION, keyId, Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')].join('.');
    },
    open(sealed, place) {
      const [version, id, data] = sealed.split('.');
      if (version !== VERSION || !data) throw new Error(`sealed value of ${place} is not in a known format`);
      if (id !== keyId) {
        throw new Error(
          `sealed value of ${place} was made under another HEADWATER_SECRET; restore that secret to read it`,
        );
      }
      const bytes = Buffer.from(data, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(0, 12)).setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
    hash: (value) => createHmac('sha256', hashKey).update(value).digest('hex'),
  };
}
