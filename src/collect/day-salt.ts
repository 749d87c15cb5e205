import { randomBytes } from 'node:crypto';
import type { Secrets } from '../secrets.ts';
import type { Records } from '../storage/records/records.ts';

const PREFIX = 'day_salt:';
const DAY_MS = 86_400_000;

export interface DaySalts {
  /** The salt of the present day (UTC); the same for all processes on one records store. */
  today(): Promise<string>;
  /** Forgets those of other days, in a worker's turn and at the first hit of a day. */
  runOnce(): Promise<boolean>;
}

/**
 * A random salt for each day on which visitors are counted without cookies. It is stored, sealed, so that a restart does
 * not make two visitors of one, and erased with its day (an hour later at most while the program runs): then nobody can
 * tell any more whose the hashes were.
 */
export function createDaySalts(deps: {
  records: Pick<Records, 'settings'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  now: () => number;
}): DaySalts {
  const { records, secrets, now } = deps;
  let known: { name: string; salt: Promise<string> } | null = null;
  const nameOf = (at: number) => `${PREFIX}${new Date(at - (at % DAY_MS)).toISOString().slice(0, 10)}`;

  async function read(name: string): Promise<string> {
    const kept = await records.settings.setOnce(name, secrets.seal(randomBytes(32).toString('base64url'), name));
    await records.settings.removeOthers(PREFIX, name);
    return secrets.open(kept, name);
  }

  return {
    today() {
      const name = nameOf(now());
      if (known?.name !== name) {
        const salt = read(name);
        known = { name, salt };
        // An outage is told to the sender, who tries again: the next hit asks anew.
        salt.catch(() => (known = null));
      }
      return known.salt;
    },
    async runOnce() {
      const name = nameOf(now());
      if (known !== null && known.name !== name) known = null;
      await records.settings.removeOthers(PREFIX, name);
      return false;
    },
  };
}
