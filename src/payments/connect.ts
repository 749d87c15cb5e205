import type { Mode } from '../core/payment.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, Records } from '../storage/records/records.ts';
import { secretPlace } from './inbox.ts';
import type { Probe, Provider } from './provider.ts';

export const keyPlace = (connection: string) => `connections:${connection}:key`;

/** Bad input or a key that Stripe refuses: nothing was stored. */
export class ConnectRefused extends Error {
  override name = 'ConnectRefused';
  readonly field: 'site' | 'key' | 'webhook_secret';
  constructor(field: ConnectRefused['field'], message: string) {
    super(message);
    this.field = field;
  }
}

export interface ConnectAnswer {
  id: string;
  account: string | null;
  livemode: boolean;
  status: 'verified' | 'unverified';
}

type Deps = { records: Records; secrets: Secrets; provider: Pick<Provider, 'probe'>; now: () => number };
type Seen = Exclude<Probe, { status: 'refused' }>;

/**
 * Connects a Stripe account in one mode to a site. Connecting again updates the connection: the new key replaces the
 * old one and a further webhook secret is added beside those in use, so that both can be rolled without a gap.
 *
 * @throws ConnectRefused when the input is malformed or Stripe refuses the key
 */
export async function connectStripe(
  deps: Deps,
  input: { site: string; key?: string | undefined; webhookSecret?: string | undefined },
): Promise<ConnectAnswer> {
  const { records, now } = deps;
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

  return records.transaction(async (tx) => {
    await tx.lock(`connect:${input.site}`);
    const ofSite = await tx.connections.ofSite(input.site);
    const connection =
      key === null || probe === null
        ? await connectionForSecret(tx, ofSite, input.site, now())
        : await saveKey(tx, deps, { ofSite, site: input.site, key, probe });
    if (webhookSecret !== null) await addSecret(tx, deps, connection, webhookSecret);
    return {
      id: connection.id,
      account: connection.account,
      livemode: connection.mode === 'live',
      status: connection.status === 'verified' ? 'verified' : 'unverified',
    };
  });
}

async function saveKey(
  tx: Records,
  { secrets, now }: Deps,
  { ofSite, site, key, probe }: { ofSite: Connection[]; site: string; key: string; probe: Seen },
): Promise<Connection> {
  const mode: Mode = probe.livemode ? 'live' : 'test';
  const account = probe.status === 'verified' ? probe.account : null;
  const known = ofSite.find((it) => it.mode === mode && account !== null && it.account === account);
  // Restricted keys may not tell their account: then a key of the same mode is taken as a new key of the same account.
  const same = known ?? ofSite.find((it) => it.mode === mode && (it.account === null || account === null));
  const undecided = ofSite.find((it) => it.sealedKey === null && it.lastEventAt === null);
  const target =
    same ??
    undecided ??
    (await tx.connections.add(
      {
        site,
        account,
        mode,
        status: 'unverified',
        statusReason: null,
        sealedKey: null,
        keyHint: null,
        checkedAt: null,
      },
      now(),
    ));
  const change = {
    mode,
    account: account ?? target.account,
    sealedKey: secrets.seal(key, keyPlace(target.id)),
    keyHint: key.slice(-4),
    checkedAt: now(),
    ...statusOf(probe),
  };
  await tx.connections.update(target.id, change);
  await tx.wanted.retryForbidden(target.id, now());
  return { ...target, ...change };
}

function statusOf(probe: Seen): Pick<Connection, 'status' | 'statusReason'> {
  if (probe.status === 'verified') return { status: 'verified', statusReason: null };
  return { status: 'unverified', statusReason: `Stripe could not be reached, will be checked again: ${probe.reason}` };
}

/** A secret without a key joins the site's only connection; with none yet, its first event will tell the mode. */
async function connectionForSecret(tx: Records, ofSite: Connection[], site: string, now: number): Promise<Connection> {
  if (ofSite.length > 1) {
    throw new ConnectRefused('key', 'this site has several Stripe connections; give the key of the one it belongs to');
  }
  const only = ofSite[0];
  if (only) return only;
  const statusReason = 'only a webhook secret is known; add a key so that missing facts can be read';
  return tx.connections.add(
    {
      site,
      account: null,
      mode: 'test',
      status: 'unverified',
      statusReason,
      sealedKey: null,
      keyHint: null,
      checkedAt: null,
    },
    now,
  );
}

async function addSecret(tx: Records, { secrets, now }: Deps, connection: Connection, secret: string): Promise<void> {
  const known = (await tx.connections.secrets(connection.site)).filter((it) => it.connection === connection.id);
  const isKnown = known.some((it) => secrets.open(it.sealedSecret, secretPlace(connection.id)) === secret);
  if (!isKnown) await tx.connections.addSecret(connection.id, secrets.seal(secret, secretPlace(connection.id)), now());
}

/** Worker: checks again the connections that could not be verified, each at most once per `everyMs`. */
export function createRechecker(deps: Deps & { everyMs?: number }): { runOnce(): Promise<boolean> } {
  const { records, secrets, provider, now, everyMs = 60_000 } = deps;
  return {
    async runOnce() {
      for (const connection of await records.connections.unverified(now() - everyMs)) {
        if (connection.sealedKey === null) continue;
        const probe = await provider.probe(secrets.open(connection.sealedKey, keyPlace(connection.id)));
        const status =
          probe.status === 'refused' ? { status: 'refused' as const, statusReason: probe.reason } : statusOf(probe);
        const account = probe.status === 'verified' ? (probe.account ?? connection.account) : connection.account;
        await records.transaction(async (tx) => {
          const current = await tx.connections.get(connection.id);
          // Another key came in meanwhile: this answer is about the old one.
          if (current?.sealedKey !== connection.sealedKey) return;
          await tx.connections.update(connection.id, { ...status, account, checkedAt: now() });
          if (probe.status === 'verified') await tx.wanted.retryForbidden(connection.id, now());
        });
      }
      return false;
    },
  };
}
