import type { Connection, Records } from '../storage/records/records.ts';
import { forget } from './connect-disconnect.ts';
import type { Delivery } from './provider.ts';

/** Whose event is it? An endpoint's secret says which connection it came to, not always which one it belongs to. */

const DEAUTHORIZED = 'account.application.deauthorized';

const modeOf = (livemode: boolean) => (livemode ? 'live' : 'test');

/** Connections of the account that a platform's event is about. */
export async function connectionsByOAuth(records: Records, { account, livemode }: Delivery): Promise<string[]> {
  const all = account === null ? [] : await records.connections.all();
  return all
    .filter((it) => it.grantedBy === 'oauth' && it.account === account)
    .filter((it) => livemode === null || it.mode === modeOf(livemode))
    .map(({ id }) => id);
}

/** A connection made from a webhook secret alone does not know its mode; its first event tells. */
async function adoptMode(tx: Records, connection: Connection, delivery: Delivery): Promise<Connection> {
  const isUndecided = connection.sealedKey === null && connection.lastEventAt === null && !connection.isModeChosen;
  if (!isUndecided || delivery.livemode === null) return connection;
  const mode = modeOf(delivery.livemode);
  if (mode !== connection.mode) await tx.connections.update(connection.id, { mode });
  return { ...connection, mode };
}

/**
 * An endpoint for connected accounts (Stripe Connect) signs the events of all of them with one secret: each belongs to
 * the site's connection of its own account, where there is one.
 */
async function ownerOf(tx: Records, connection: Connection, delivery: Delivery): Promise<Connection> {
  const { account, livemode } = delivery;
  if (account === null || account === connection.account) return connection;
  const mode = livemode === null ? connection.mode : modeOf(livemode);
  const owner = (await tx.connections.ofSite(connection.site)).find(
    (it) => it.account === account && it.mode === mode && it.status !== 'disconnected',
  );
  return owner ?? connection;
}

/** Why an event is set aside; null when it belongs to the connection. */
export function whyForeign(connection: Connection, delivery: Pick<Delivery, 'livemode' | 'account'>): string | null {
  if (delivery.livemode !== null && delivery.livemode !== (connection.mode === 'live')) {
    const mode = modeOf(delivery.livemode);
    return `a ${mode} event at a ${connection.mode} connection; give its webhook secret to a ${mode} connection`;
  }
  if (delivery.account !== null && delivery.account !== connection.account) {
    return `an event of the connected account ${delivery.account}, which this connection does not book`;
  }
  return null;
}

export interface Owner {
  connection: Connection;
  /** Why the event is set aside; null: it belongs there. */
  reason: string | null;
}

/**
 * Where an event is kept that the secrets of these connections signed. A secret may have been given to a test connection
 * first and to the live one later: what belongs to one connection of a site is not set aside at another.
 */
export async function ownersOf(tx: Records, ids: readonly string[], delivery: Delivery): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (const id of [...new Set(ids)].sort()) {
    const found = await tx.connections.get(id);
    if (!found) continue;
    const connection = await ownerOf(tx, await adoptMode(tx, found, delivery), delivery);
    owners.push({ connection, reason: whyForeign(connection, delivery) });
  }
  const served = new Set(owners.flatMap(({ connection, reason }) => (reason === null ? [connection.site] : [])));
  return owners.filter(({ connection, reason }) => reason === null || !served.has(connection.site));
}

/** When the account's owner withdraws the access given by OAuth, the key is of no use any more. */
export async function endWhenWithdrawn(
  tx: Records,
  connection: Connection,
  { type }: Delivery,
  now: number,
): Promise<void> {
  if (type !== DEAUTHORIZED || connection.grantedBy !== 'oauth') return;
  await forget(tx, connection, 'access was withdrawn in Stripe; what was booked stays', now);
}
