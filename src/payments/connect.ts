import type { Mode } from '../core/payment.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Records } from '../storage/records/records.ts';
import { readForbiddenAgain } from './backfill-start.ts';
import { lockConnection } from './book.ts';
import { connectionOfKey, connectionOfSecret, ConnectRefused } from './connect-choose.ts';
import { compareWithKey } from './connect-compare.ts';
import type { Kin } from './connect-compare.ts';
import { addWebhookSecret, keyPlace } from './connect-secrets.ts';
import type { SetUp } from './connect-setup.ts';
import type { Probe, Provider } from './provider.ts';

export { ConnectRefused } from './connect-choose.ts';
export { keyPlace } from './connect-secrets.ts';

export interface ConnectInput {
  site: string;
  key?: string | undefined;
  webhookSecret?: string | undefined;
  /** The connection it belongs to, where several could be meant. */
  connection?: string | undefined;
  /** For a webhook secret without a key; otherwise the key tells, or the first event. */
  mode?: Mode | undefined;
  /** What Stripe's OAuth page said. */
  oauth?: { account: string | null } | undefined;
}

export interface ConnectAnswer {
  id: string;
  account: string | null;
  livemode: boolean;
  status: 'verified' | 'unverified';
}

type Deps = {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'probe' | 'fetch'>;
  now: () => number;
  /** What follows a verified key: permissions and the webhook endpoint. Its failures do not fail connecting. */
  setUp?: SetUp;
};
type Seen = Exclude<Probe, { status: 'refused' }>;

/**
 * Connects a Stripe account in one mode to a site. Connecting again updates the connection: the new key replaces the
 * old one and a further webhook secret is added beside those in use, so that both can be rolled without a gap.
 *
 * @throws ConnectRefused when the input is malformed or Stripe refuses the key
 */
export async function connectStripe(deps: Deps, input: ConnectInput): Promise<ConnectAnswer> {
  const { records } = deps;
  const key = input.key?.trim() || null;
  const webhookSecret = input.webhookSecret?.trim() || null;
  if (key === null && webhookSecret === null) {
    throw new ConnectRefused('key', 'give a restricted key (rk_…), a webhook secret (whsec_…), or both');
  }
  if (webhookSecret !== null && !/^whsec_[\x21-\x7e]{1,250}$/.test(webhookSecret)) {
    throw new ConnectRefused('webhook_secret', 'not a webhook secret; it starts with whsec_ and has no spaces');
  }
  if (!(await records.sites.get(input.site))) throw new ConnectRefused('site', `there is no site '${input.site}'`);
  const probe = key === null ? null : await deps.provider.probe(key);
  if (probe?.status === 'refused') throw new ConnectRefused('key', `Stripe refused the key: ${probe.reason}`);
  if (probe && input.mode !== undefined && input.mode !== modeOf(probe)) {
    throw new ConnectRefused('mode', `this is a ${modeOf(probe)} key; leave the mode out or choose ${modeOf(probe)}`);
  }
  const before = await records.connections.ofSite(input.site);
  const newKey =
    key === null || probe === null ? null : { key, probe, mode: modeOf(probe), account: accountOf(input, probe) };
  const kin = newKey && (await compareWithKey(deps, before, newKey));

  const connection = await records.transaction(async (tx) => {
    await tx.lock(`connect:${input.site}`);
    const ofSite = await tx.connections.ofSite(input.site);
    const saved =
      newKey === null || kin === null
        ? await saveForSecret(tx, deps, { ofSite, input })
        : await saveKey(tx, deps, { ofSite, input, newKey, kin });
    if (webhookSecret !== null) await addWebhookSecret(tx, deps, saved, webhookSecret);
    return saved;
  });
  if (connection.status === 'verified' && key !== null) {
    await deps.setUp?.(connection.id, { hasPastedSecret: webhookSecret !== null });
  }
  return {
    id: connection.id,
    account: connection.account,
    livemode: connection.mode === 'live',
    status: connection.status === 'verified' ? 'verified' : 'unverified',
  };
}

const modeOf = (probe: Seen): Mode => (probe.livemode ? 'live' : 'test');
const accountOf = ({ oauth }: ConnectInput, probe: Seen): string | null =>
  oauth?.account ?? (probe.status === 'verified' ? probe.account : null);

interface NewKey {
  key: string;
  probe: Seen;
  mode: Mode;
  account: string | null;
}

async function saveKey(
  tx: Records,
  { secrets, now }: Deps,
  { ofSite, input, newKey, kin }: { ofSite: Connection[]; input: ConnectInput; newKey: NewKey; kin: Map<string, Kin> },
): Promise<Connection> {
  const { key, probe, mode, account } = newKey;
  const target =
    connectionOfKey(ofSite, { mode, account, asked: input.connection ?? null, kin }) ??
    (await addConnection(tx, { site: input.site, account, mode, statusReason: null }, now()));
  const change = {
    mode,
    account: account ?? target.account,
    sealedKey: secrets.seal(key, keyPlace(target.id)),
    keyHint: key.slice(-4),
    checkedAt: now(),
    grantedBy: input.oauth ? ('oauth' as const) : ('key' as const),
    // The permissions were those of the old key.
    permissions: null,
    ...statusOf(probe),
  };
  // Whoever books holds the connection while it changes what is wanted.
  await lockConnection(tx, target);
  await tx.connections.update(target.id, change);
  await tx.wanted.retryForbidden(target.id, now());
  return { ...target, ...change };
}

function statusOf(probe: Seen): Pick<Connection, 'status' | 'statusReason'> {
  if (probe.status === 'verified') return { status: 'verified', statusReason: null };
  return { status: 'unverified', statusReason: `Stripe could not be reached, will be checked again: ${probe.reason}` };
}

/** A secret without a key joins the site's only connection; with none yet, its first event will tell the mode. */
async function saveForSecret(
  tx: Records,
  { now }: Deps,
  { ofSite, input }: { ofSite: Connection[]; input: ConnectInput },
): Promise<Connection> {
  const mode = input.mode ?? null;
  const statusReason = 'only a webhook secret is known; add a key so that missing facts can be read';
  const found = connectionOfSecret(ofSite, { mode, asked: input.connection ?? null });
  const chosen = mode === null ? {} : { mode, isModeChosen: true };
  if (!found) {
    const isModeChosen = mode !== null;
    return addConnection(
      tx,
      { site: input.site, account: null, mode: mode ?? 'test', statusReason, isModeChosen },
      now(),
    );
  }
  if (mode !== null && found.mode !== mode && (found.sealedKey !== null || found.lastEventAt !== null)) {
    throw new ConnectRefused('mode', `the connection is a ${found.mode} one; leave the mode out or add a ${mode} key`);
  }
  const revived = found.status === 'disconnected' ? { status: 'unverified' as const, statusReason } : {};
  await tx.connections.update(found.id, { ...chosen, ...revived });
  return { ...found, ...chosen, ...revived };
}

function addConnection(
  tx: Records,
  row: Pick<Connection, 'site' | 'account' | 'mode' | 'statusReason'> & { isModeChosen?: boolean },
  now: number,
): Promise<Connection> {
  const empty = { status: 'unverified' as const, sealedKey: null, keyHint: null, checkedAt: null };
  return tx.connections.add({ ...row, ...empty }, now);
}

/** A refusal rarely passes: a key that was bound to other addresses, or disabled, and is not any more. */
const REFUSED_EVERY_MS = 5 * 60_000;

/** Worker: checks again the connections whose key is not verified, each at most once per `everyMs`. */
export function createRechecker(deps: Deps & { everyMs?: number }): { runOnce(): Promise<boolean> } {
  const { records, secrets, provider, now, everyMs = 60_000 } = deps;

  async function recheck(connection: Connection, sealedKey: string): Promise<boolean> {
    const probe = await provider.probe(secrets.open(sealedKey, keyPlace(connection.id)));
    const status =
      probe.status === 'refused' ? { status: 'refused' as const, statusReason: probe.reason } : statusOf(probe);
    const account = probe.status === 'verified' ? (probe.account ?? connection.account) : connection.account;
    return records.transaction(async (tx) => {
      await lockConnection(tx, connection);
      const current = await tx.connections.get(connection.id);
      // Another key came in meanwhile: this answer is about the old one.
      if (current?.sealedKey !== sealedKey) return false;
      await tx.connections.update(connection.id, { ...status, account, checkedAt: now() });
      // What was refused meanwhile, a history half read included.
      if (probe.status === 'verified') await readForbiddenAgain(tx, connection.id, now());
      return probe.status === 'verified';
    });
  }

  return {
    async runOnce() {
      for (const connection of await records.connections.unverified(now() - everyMs)) {
        if (connection.sealedKey === null) continue;
        const isRefused = connection.status === 'refused';
        if (isRefused && (connection.checkedAt ?? 0) > now() - REFUSED_EVERY_MS) continue;
        if (await recheck(connection, connection.sealedKey)) await deps.setUp?.(connection.id);
      }
      return false;
    },
  };
}
