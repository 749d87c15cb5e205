import { createHmac, randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { Alert, AlertDelivery } from '../storage/records/records-alerts.ts';
import { guardedLookup, readAddress } from './address.ts';
import type { AddressRule } from './address.ts';
import { alertAnswer } from './answer.ts';

const LEASE_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** After 30 s, 1 min, 2 min … 1 h: about nine hours together. */
const ATTEMPTS_MAX = 15;
const FIRST_MS = 30_000;
const PAUSE_MAX_MS = 3_600_000;

export const urlPlace = (site: string) => `alert_hooks:${site}:sealed_url`;
export const secretPlace = (site: string) => `alert_hooks:${site}:sealed_secret`;

/** HMAC-SHA256 of `<t>.<body>`, t in seconds: as Stripe signs, so that the same code verifies both. */
export function signature(secret: string, body: string, atMs: number): string {
  const t = Math.floor(atMs / 1_000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

/**
 * Worker: tells sites' webhooks about alerts, once each as far as they answer 2xx, and a bounded number of times when not.
 * Redirects are not followed: their target was checked by nobody.
 */
export function createAlertDelivery(deps: {
  records: Pick<Records, 'alerts' | 'sites'>;
  secrets: Pick<Secrets, 'open'>;
  rule: AddressRule;
  publicUrl: string;
  now: () => number;
  log: Log;
}): { runOnce(): Promise<boolean> } {
  const { records, secrets, rule, publicUrl, now, log } = deps;
  const owner = randomUUID();

  async function bodyOf(delivery: AlertDelivery, site: Site): Promise<string | null> {
    const alert = delivery.alert === null ? null : await records.alerts.get(site.id, delivery.alert);
    if (alert === null && delivery.happened !== 'test') return null;
    return JSON.stringify(messageOf(delivery, site, alert, publicUrl));
  }

  return {
    async runOnce() {
      const delivery = await records.alerts.claim(owner, now(), LEASE_MS);
      if (!delivery) return false;
      const { site: siteId, id, attempts } = delivery;
      const [site, hook] = [await records.sites.get(siteId), await records.alerts.hook(siteId)];
      const body = site && hook ? await bodyOf(delivery, site) : null;
      if (!hook || body === null) {
        await records.alerts.settle(delivery, { error: 'there is nothing to tell any more', retryAt: null });
        return true;
      }
      try {
        const url = readAddress(secrets.open(hook.sealedUrl, urlPlace(siteId)), rule);
        const secret = secrets.open(hook.sealedSecret, secretPlace(siteId));
        const headers = { 'headwater-signature': signature(secret, body, now()), 'headwater-delivery': id };
        const status = await post(url, body, { headers, rule });
        if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
        await records.alerts.settle(delivery, { error: null, retryAt: null });
      } catch (error) {
        const reason = reasonOf(error);
        const isOver = attempts >= ATTEMPTS_MAX || (error as Error).name === 'AddressRefused';
        const retryAt = isOver ? null : now() + Math.min(PAUSE_MAX_MS, FIRST_MS * 2 ** (attempts - 1));
        await records.alerts.settle(delivery, { error: reason, retryAt });
        log.warn({ site: siteId, delivery: id, host: hook.host, attempts, error: reason }, 'alert not delivered');
      }
      return true;
    },
  };
}

function messageOf({ id, happened }: AlertDelivery, site: Site, alert: Alert | null, publicUrl: string) {
  return {
    id,
    type: happened === 'test' ? 'test' : `coverage.${happened === 'raised' ? 'fell' : 'recovered'}`,
    site: { id: site.id, name: site.name, domain: site.domain },
    alert: alert && alertAnswer(alert),
    url: `${publicUrl}/sites/${site.id}/coverage`,
  };
}

/** @returns the status. The answer's body is nobody's business and is not read. */
function post(
  url: URL,
  body: string,
  { headers, rule }: { headers: Record<string, string>; rule: AddressRule },
): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        // Also for literals, which are looked up by nobody: readAddress has seen them.
        ...(isIP(url.hostname) === 0 ? { lookup: guardedLookup(rule) } : {}),
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'Headwater',
        },
      },
      (answer) => {
        answer.destroy();
        resolve(answer.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Never the address: its path may be the receiver's secret. */
function reasonOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'it did not answer in time';
  return name === 'AddressRefused' || message.startsWith('it answered')
    ? message
    : `it could not be reached (${code ?? name})`;
}
