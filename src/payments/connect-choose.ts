import type { Mode } from '../core/payment.ts';
import type { Connection } from '../storage/records/records.ts';
import type { Kin } from './connect-compare.ts';

/** Bad input or a key that Stripe refuses: nothing was stored. */
export class ConnectRefused extends Error {
  override name = 'ConnectRefused';
  readonly field: 'site' | 'key' | 'webhook_secret' | 'connection' | 'mode';
  constructor(field: ConnectRefused['field'], message: string) {
    super(message);
    this.field = field;
  }
}

const isActive = (it: Connection) => it.status !== 'disconnected';
/** Made from a webhook secret alone: nothing says yet whose it is. */
const isUndecided = (it: Connection) =>
  isActive(it) && it.sealedKey === null && it.lastEventAt === null && it.account === null;

/**
 * Which connection of the site a key belongs to; null: a new one. The same account in the same mode is always the same
 * connection, also after it was disconnected: its ledger goes on where it stopped.
 *
 * @throws ConnectRefused when only a person can tell
 */
export function connectionOfKey(ofSite: readonly Connection[], key: KeyFacts): Connection | null {
  const found = key.asked !== null ? askedFor(ofSite, key, key.asked) : chosenFor(ofSite, key);
  const kin = found && key.kin.get(found.id);
  if (typeof kin === 'object' && kin !== null) {
    const message = `Stripe did not say whose account this key is of, and it may not be the one that is connected; try again in a moment (${kin.unanswered})`;
    throw new ConnectRefused('key', message);
  }
  return found;
}

interface KeyFacts {
  mode: Mode;
  account: string | null;
  /** The connection that a person named. */
  asked: string | null;
  /** By connection, as far as they were compared. */
  kin: ReadonlyMap<string, Kin>;
}

function chosenFor(ofSite: readonly Connection[], { mode, account, kin }: KeyFacts): Connection | null {
  const ofMode = ofSite.filter((it) => it.mode === mode && kin.get(it.id) !== 'other');
  const known = ofMode.find((it) => account !== null && it.account === account);
  const same =
    known ?? ofMode.filter((it) => kin.get(it.id) === 'same').toSorted((a, b) => +isActive(b) - +isActive(a))[0];
  if (same) return same;
  const undecided = ofSite.find((it) => isUndecided(it) && (!it.isModeChosen || it.mode === mode)) ?? null;
  if (account !== null) return ofMode.find((it) => isActive(it) && it.account === null) ?? undecided;
  // Restricted keys may not tell their account: then a key of the same mode is taken as a new key of the same account.
  const active = ofMode.filter(isActive);
  const candidates = active.length > 0 ? active : ofMode;
  if (candidates.length > 1) {
    const message = `this key does not tell its account, and the site has several ${mode} connections; name the one it belongs to`;
    throw new ConnectRefused('connection', message);
  }
  return candidates[0] ?? undecided;
}

function askedFor(ofSite: readonly Connection[], { mode, account, kin }: KeyFacts, asked: string): Connection {
  const found = ofSite.find((it) => it.id === asked);
  if (!found) throw new ConnectRefused('connection', `this site has no connection '${asked.slice(0, 64)}'`);
  if (found.mode !== mode && !(isUndecided(found) && !found.isModeChosen)) {
    throw new ConnectRefused('key', `this is a ${mode} key and the connection is a ${found.mode} one`);
  }
  if (account !== null && found.account !== null && found.account !== account) {
    throw new ConnectRefused('key', `this key is of ${account} and the connection is of ${found.account}`);
  }
  if (kin.get(found.id) === 'other') {
    const message =
      'this key is of another account than the connection: it does not know a charge that was booked there';
    throw new ConnectRefused('key', message);
  }
  return found;
}

/** Which connection a webhook secret belongs to that came without a key; null: a new one. */
export function connectionOfSecret(
  ofSite: readonly Connection[],
  { mode, asked }: { mode: Mode | null; asked: string | null },
): Connection | null {
  if (asked !== null) {
    const found = ofSite.find((it) => it.id === asked);
    if (!found) throw new ConnectRefused('connection', `this site has no connection '${asked.slice(0, 64)}'`);
    return found;
  }
  const fitting = ofSite.filter((it) => mode === null || it.mode === mode || (isUndecided(it) && !it.isModeChosen));
  const active = fitting.filter(isActive);
  const candidates = active.length > 0 ? active : fitting;
  if (candidates.length > 1) {
    const message = 'this site has several Stripe connections; give the key of the one it belongs to, or name that one';
    throw new ConnectRefused('connection', message);
  }
  return candidates[0] ?? null;
}
