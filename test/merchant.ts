// A merchant of a running Headwater: a site, its key and its Stripe connection, made by the commands a person types.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { PaymentAnswer, PaymentDetailAnswer, ReportAnswer } from '../src/http/contract.ts';
import type { Headwater } from './headwater.ts';
import { signed } from './stripe-events.ts';

/** Nothing answers there: booking must not wait for it. */
export const NO_STRIPE = { HEADWATER_STRIPE_API_BASE: 'http://127.0.0.1:1' };

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';

export interface Hit {
  visitor: string;
  session?: string;
  /** Of the page's query, for example 'utm_source=google'. */
  tags?: string;
  path?: string;
  id?: string;
  at?: number;
  name?: string;
  props?: Record<string, string>;
}

export interface Merchant {
  site: string;
  key: string;
  secret: string;
  connected: { id: string; account: string | null; livemode: boolean; status: string };
  /** Sends hits in one request; the answer is the caller's to judge. */
  send(hits: readonly Hit[], init?: RequestInit): Promise<Response>;
  /** Sends a hit and insists on the 202. */
  hit(hit: Hit): Promise<void>;
  post(event: object, options?: { secret?: string; init?: RequestInit }): Promise<Response>;
  /** Delivers webhooks one after another and insists on each 200. */
  deliver(...events: object[]): Promise<void>;
  report(query: Record<string, string>): Promise<ReportAnswer>;
  payments(query?: string): Promise<PaymentAnswer[]>;
  payment(id: string): Promise<PaymentDetailAnswer>;
}

export const SECRET = 'whsec_of_the_tests_0123456789';

export async function openMerchant(headwater: Headwater, options: { domain?: string } = {}): Promise<Merchant> {
  const { domain = 'shop.test' } = options;
  const { id: site } = await headwater.command<{ id: string }>('site', 'add', '--name', 'Shop', '--domain', domain);
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const connected = await headwater.command<Merchant['connected']>(
    ...['stripe', 'connect', '--site', site, '--key', 'rk_test_51unreachable', '--webhook-secret', SECRET],
  );

  const send: Merchant['send'] = (hits, init = {}) =>
    fetch(`${headwater.url}/api/event`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'user-agent': BROWSER },
      body: JSON.stringify(bodyOf(site, domain, hits)),
      ...init,
    });
  const post: Merchant['post'] = (event, { secret = SECRET, init = {} } = {}) =>
    fetch(`${headwater.url}/api/webhooks/stripe/${site}`, { method: 'POST', ...signed(event, secret), ...init });
  const api = `/api/v1/sites/${site}`;

  return {
    site,
    key,
    secret: SECRET,
    connected,
    send,
    async hit(hit) {
      const answer = await send([hit]);
      assert.deepEqual([answer.status, await answer.json()], [202, { accepted: 1 }]);
    },
    post,
    async deliver(...events) {
      for (const event of events) {
        const answer = await post(event);
        assert.equal(answer.status, 200, await answer.text());
      }
    },
    report: (query) => headwater.get(`${api}/report?${new URLSearchParams({ ...today(), ...query })}`, key),
    payments: async (query = '') =>
      (await headwater.get<{ payments: PaymentAnswer[] }>(`${api}/payments?limit=500&${query}`, key)).payments,
    payment: (id) => headwater.get(`${api}/payments/${id}`, key),
  };
}

function bodyOf(site: string, domain: string, hits: readonly Hit[]) {
  const [first] = hits;
  return {
    site,
    visitor: first!.visitor,
    session: first!.session ?? `s-${first!.visitor}`,
    events: hits.map(({ id = randomUUID(), name = 'pageview', tags = '', path = '/', at, props }) => ({
      id,
      name,
      url: `https://${domain}${path}${tags === '' ? '' : `?${tags}`}`,
      ...(at === undefined ? {} : { at }),
      ...(props === undefined ? {} : { props }),
    })),
  };
}

/** A test may run over midnight, and a story may begin yesterday. */
function today() {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { from: day(Date.now() - 3 * 86_400_000), to: day(Date.now() + 86_400_000) };
}
