import { randomBytes } from 'node:crypto';
import type { App } from '../cli/app.ts';
import { bookRates } from '../payments/rates-book.ts';
import { KEY_SCOPES, newKey } from '../sites/new-key.ts';
import type { Target } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { SimulatedStripe } from './stripe/start.ts';

/** Where stories are played: a running Headwater, its use cases, and the simulated Stripe that it talks to. */
export interface Stage {
  app: Pick<App, 'records' | 'connectStripe' | 'now'>;
  /** Where the server answers. */
  url: string;
  stripe: SimulatedStripe;
}

export interface Scenery {
  name: string;
  domain: string;
  currency: string;
  /** What the Stripe key may read; null: everything; []: no key, only the webhook secret. */
  permissions: readonly string[] | null;
  livemode?: boolean;
  /** Of the Stripe account's balance; null or absent: each currency has its own. */
  settlementCurrency?: string | null;
  seed?: number;
}

/** A fresh site with a server key, connected to a fresh Stripe account in test mode. */
export async function createTarget(stage: Stage, scenery: Scenery): Promise<Target> {
  const { app, url, stripe } = stage;
  const { records, now } = app;
  const { name, domain, currency, permissions, livemode = false } = scenery;
  const team = await records.teams.default(now());
  const site = await records.sites.add({ team: team.id, name, domain, timezone: 'UTC', currency }, now());
  const { key: serverKey, hash, prefix } = newKey();
  await records.keys.add({ site: site.id, hash, prefix, scopes: [...KEY_SCOPES], expiresAt: null }, now());

  const stripeKey = `${permissions === null ? 'sk' : 'rk'}_${livemode ? 'live' : 'test'}_${randomBytes(16).toString('hex')}`;
  const account = stripe.addAccount({
    keys: permissions?.length === 0 ? [] : [{ key: stripeKey, permissions }],
    seed: scenery.seed,
    livemode,
    settlementCurrency: scenery.settlementCurrency,
  });
  const webhookSecret = `whsec_${randomBytes(16).toString('hex')}`;
  const key = permissions?.length === 0 ? undefined : stripeKey;
  const { id: connection } = await app.connectStripe({ site: site.id, key, webhookSecret });
  return {
    url,
    site: site.id,
    serverKey,
    apiKey: serverKey,
    domain,
    account,
    webhookSecret,
    connection,
    importRates: async (rates) => void (await bookRates(records, rates, 'file', now())),
  };
}

/** For `playFile`: the target that a story asks for in its first lines. */
export function targetFor(stage: Stage): (scenario: Scenario) => Promise<Target> {
  return ({ title, settings }) =>
    createTarget(stage, {
      name: title.slice(0, 100),
      domain: 'shop.example',
      currency: settings.currency,
      permissions: settings.permissions,
      livemode: settings.livemode,
      settlementCurrency: settings.settlement,
    });
}
