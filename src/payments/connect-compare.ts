import type { Mode } from '../core/payment.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Records } from '../storage/records/records.ts';
import { keyPlace } from './connect-secrets.ts';
import { ProviderUnavailable } from './provider.ts';
import type { Probe, Provider } from './provider.ts';

/** Whether a key is of a connection's account. `unanswered`: not to be known now, for a reason that passes. */
export type Kin = 'same' | 'other' | 'unknown' | { unanswered: string };

/** Newest first: one charge is enough. */
const PAYMENTS = 100;

interface Deps {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'probe' | 'fetch'>;
}
interface NewKey {
  key: string;
  mode: Mode;
  account: string | null;
  probe: Exclude<Probe, { status: 'refused' }>;
}

/**
 * Compares a key with the connections of its mode where the ids of their accounts do not tell: a restricted key may not
 * know its own. It is asked for a charge that was booked there, which Stripe does not show to another account's key.
 */
export async function compareWithKey(
  deps: Deps,
  ofSite: readonly Connection[],
  newKey: NewKey,
): Promise<Map<string, Kin>> {
  const kin = new Map<string, Kin>();
  for (const connection of ofSite) {
    if (connection.mode === newKey.mode) kin.set(connection.id, await compare(deps, connection, newKey));
  }
  return kin;
}

async function compare(deps: Deps, connection: Connection, newKey: NewKey): Promise<Kin> {
  const { account, key, probe } = newKey;
  if (account !== null && connection.account !== null) return account === connection.account ? 'same' : 'other';
  const oldKey = connection.sealedKey && deps.secrets.open(connection.sealedKey, keyPlace(connection.id));
  if (oldKey === key) return 'same';
  const charge = await chargeOf(deps.records, connection);
  const isUnused =
    charge === null &&
    connection.account === null &&
    connection.lastEventAt === null &&
    connection.status === 'unverified';
  // Nothing was booked with the key before and nothing is known of its account: there is nothing to mix.
  if (isUnused) return 'unknown';
  if (probe.status === 'unreachable') return { unanswered: probe.reason };
  if (account !== null && oldKey !== null) {
    // It was not said when that key came; it may be now.
    const before = await deps.provider.probe(oldKey);
    if (before.status === 'verified' && before.account !== null) return before.account === account ? 'same' : 'other';
  }
  const found = charge === null ? 'unknown' : await asksFor(deps.provider, key, charge);
  return found === 'unknown' && probe.unsaid !== undefined ? { unanswered: probe.unsaid } : found;
}

async function chargeOf(records: Records, { id, site, mode }: Connection): Promise<string | null> {
  const { payments } = await records.payments.list(site, mode, PAYMENTS, null);
  for (const payment of payments) {
    if (payment.connection !== id) continue;
    const known = await records.objects.get(id, payment.id);
    if (known?.kind === 'charge') return payment.id;
  }
  return null;
}

async function asksFor(provider: Pick<Provider, 'fetch'>, key: string, charge: string): Promise<Kin> {
  try {
    const want = { kind: 'charge', by: null, id: charge } as const;
    const fetched = await provider.fetch(key, want, { visitorMetadataKeys: [] });
    return fetched.status === 'found' ? 'same' : fetched.status === 'absent' ? 'other' : 'unknown';
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    return { unanswered: error.message };
  }
}
