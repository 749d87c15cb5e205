import { ConfigError } from './config.ts';
import type { Secrets } from './secrets.ts';
import type { Records } from './storage/records/records.ts';

const NAME = 'secret.mark';

/**
 * Stops a start under another secret than the one that sealed what is stored: no webhook would verify and no key open,
 * without a word about why.
 * @throws ConfigError
 */
export async function requireSameSecret({ settings }: Pick<Records, 'settings'>, { hash }: Secrets): Promise<void> {
  const mark = hash('the secret of this installation');
  const known = await settings.get(NAME);
  if (known === null) return settings.set(NAME, mark);
  if (known === mark) return;
  throw new ConfigError(
    'HEADWATER_SECRET: what is stored was sealed with another secret; give the one used before ' +
      "(HEADWATER_SECRET, or the file 'secret' of the first data directory)",
  );
}
