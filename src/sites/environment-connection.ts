import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Records } from '../storage/records/records.ts';

const DONE = 'stripe.environment';

/**
 * STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET connect the first site, as soon as there is one. Done once per pair of
 * values: what a person changed on the settings page later is not undone by a restart.
 */
export function createEnvironmentConnection(options: {
  records: Pick<Records, 'sites' | 'settings'>;
  secrets: Secrets;
  key: string | null;
  webhookSecret: string | null;
  connect: (input: { site: string; key?: string; webhookSecret?: string }) => Promise<unknown>;
  log: Log;
}): { runOnce(): Promise<boolean> } {
  const { records, secrets, key, webhookSecret, connect, log } = options;
  const pair = secrets.hash(JSON.stringify([key, webhookSecret]));
  let isDone = key === null && webhookSecret === null;
  return {
    async runOnce() {
      if (isDone) return false;
      const [site] = await records.sites.list();
      if (!site) return false;
      isDone = true;
      if ((await records.settings.get(DONE)) === pair) return false;
      try {
        await connect({ site: site.id, key: key ?? undefined, webhookSecret: webhookSecret ?? undefined });
        await records.settings.set(DONE, pair);
      } catch (error) {
        log.error({ site: site.id, reason: String(error) }, 'STRIPE_SECRET_KEY or STRIPE_WEBHOOK_SECRET was refused');
      }
      return false;
    },
  };
}
