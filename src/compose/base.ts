import type { Logger } from 'pino';
import { createDaySalts } from '../collect/day-salt.ts';
import type { Config } from '../config.ts';
import { createConnecting } from '../payments/connect-account.ts';
import { createDoctor } from '../payments/doctor.ts';
import { createDefaultMode } from '../reports/mode.ts';
import { requireSameSecret } from '../secret-mark.ts';
import { createSecrets } from '../secrets.ts';
import { createCheckUpAnswer } from '../sites/check-up.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { openRecords } from '../storage/records/open.ts';
import { createPace } from '../stripe/client-pace.ts';
import { createStripeSetup } from '../stripe/connect-setup.ts';
import { createStripeOAuth } from '../stripe/oauth.ts';
import { createStripeProvider } from '../stripe/provider.ts';

export const now = () => Date.now();

/** What commands and the server share: the records store, the secrets, Stripe. */
export async function openBase(config: Config, log: Logger) {
  // Loaded here, as the largest parts are, while the facts engine starts in a process of its own.
  const { createAccounts } = await import('../http/accounts/accounts.ts');
  const records = openRecords({ databaseUrl: config.databaseUrl ?? undefined, dataDir: config.dataDir, log });
  await records.migrate();
  const secrets = createSecrets(config.secret);
  await requireSameSecret(records, secrets);
  const { publicUrl, secret, stripeApiBase, stripeOAuth } = config;
  const apiBase = stripeApiBase ?? undefined;
  const pace = createPace();
  const provider = createStripeProvider({ apiBase, hash: secrets.hash, now, pace });
  const accounts = createAccounts({ records, db: records.db, secret, publicUrl, now, log });
  const setup = createStripeSetup({ apiBase, pace });
  const oauth = stripeOAuth && createStripeOAuth({ ...stripeOAuth, apiBase });
  const deps = { records, secrets, provider, setup, oauth, now, publicUrl, stripeApiBase, log };
  const connecting = createConnecting(deps);
  const checkUpWith = (facts: Facts | null) =>
    createCheckUpAnswer(
      createDoctor({ ...deps, setUp: connecting.setUp, facts, defaultMode: createDefaultMode({ records }) }),
    );
  const salts = createDaySalts({ records, secrets, now });
  return { records, secrets, salts, provider, accounts, setup, ...connecting, checkUpWith };
}

export type Base = Awaited<ReturnType<typeof openBase>>;
