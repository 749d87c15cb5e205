import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { disconnectStripe } from '../../src/payments/connect-disconnect.ts';
import { createOAuthConnect } from '../../src/payments/connect-oauth.ts';
import { connectStripe } from '../../src/payments/connect.ts';
import { createWebhookReceiver } from '../../src/payments/inbox.ts';
import type { SimulatedAccount } from '../../src/rehearsal/stripe/account.ts';
import { signatureHeader } from '../../src/rehearsal/stripe/webhooks.ts';
import { createStripeSetup } from '../../src/stripe/connect-setup.ts';
import { createStripeOAuth } from '../../src/stripe/oauth.ts';
import { startMoney } from './money.ts';
import type { Money } from './money.ts';

const CLIENT = 'ca_operator';
const PLATFORM_KEY = 'sk_test_operator';
const PLATFORM_SECRET = 'whsec_operator';
const BACK = 'http://127.0.0.1:1323/api/v1/oauth/stripe/callback';

let money: Money;
let shop: SimulatedAccount;
let site: string;
before(async () => {
  money = await startMoney();
  money.stripe.addAccount({ clientId: CLIENT, keys: [{ key: PLATFORM_KEY, permissions: null }] });
  shop = money.stripe.addAccount({});
  site = (await money.addSite()).id;
});
after(() => money.close());

function operator() {
  const oauth = createStripeOAuth({ clientId: CLIENT, secretKey: PLATFORM_KEY, apiBase: money.stripe.url });
  const setup = createStripeSetup({ apiBase: money.stripe.url });
  const connect = (input: Parameters<typeof connectStripe>[1]) => connectStripe(money, input);
  const use = createOAuthConnect({ ...money, oauth, connect, redirectUri: BACK });
  return {
    ...use,
    disconnect: (connection: string) => disconnectStripe({ ...money, setup, oauth }, { site, connection }),
  };
}

/** What the account's owner does on Stripe's page. */
async function agree(page: string, account: SimulatedAccount | null): Promise<URLSearchParams> {
  const answer = await fetch(page, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ account: account?.id ?? '' }),
  });
  const location = new URL(answer.headers.get('location')!);
  assert.equal(location.origin + location.pathname, BACK);
  return location.searchParams;
}

test('an account is connected by Stripe’s page, and only by the member who began', async () => {
  const { begin, finish, siteOf, disconnect } = operator();
  const page = begin(site, 'ada');
  assert.equal(new URL(page).searchParams.get('scope'), 'read_write');
  const back = await agree(page, shop);
  const [state, code] = [back.get('state')!, back.get('code')!];
  assert.equal(siteOf(state, 'ada'), site);
  assert.throws(() => siteOf(state, 'eve'), /not begun here/);
  assert.throws(() => siteOf('forged', 'ada'), /not begun here/);
  await assert.rejects(finish({ state, member: 'eve', code }), /not begun here/);

  const answer = await finish({ state, member: 'ada', code });
  assert.deepEqual(answer, { id: answer.id, account: shop.id, livemode: false, status: 'verified' });
  assert.equal((await money.records.connections.get(answer.id))?.grantedBy, 'oauth');
  await assert.rejects(finish({ state, member: 'ada', code }), /Stripe refused/, 'a code works once');

  assert.equal(shop.platforms.size, 1);
  assert.deepEqual(await disconnect(answer.id), { id: answer.id, left: null });
  assert.equal(shop.platforms.size, 0, 'access is given back');
  assert.equal((await money.records.connections.get(answer.id))?.sealedKey, null);
});

test('a denial carries no code; a state does not live for ever', async () => {
  const { begin, siteOf } = operator();
  const back = await agree(begin(site, 'ada'), null);
  assert.deepEqual([back.get('code'), back.get('error')], [null, 'access_denied']);
  money.passTime(31 * 60_000);
  assert.throws(() => siteOf(back.get('state')!, 'ada'), /took too long/);
});

test('events of the operator’s endpoint reach the account’s connection; withdrawn access ends it', async () => {
  const { begin, finish } = operator();
  const back = await agree(begin(site, 'ada'), shop);
  const { id } = await finish({ state: back.get('state')!, member: 'ada', code: back.get('code')! });
  const { receiveWebhook } = createWebhookReceiver({ ...money, now: Date.now, platformSecret: PLATFORM_SECRET });
  const deliver = (type: string, account: string) => {
    const event = {
      id: `evt_${type}_${account}`,
      object: 'event',
      type,
      livemode: false,
      account,
      data: { object: {} },
    };
    const body = JSON.stringify({ ...event, created: Math.floor(Date.now() / 1000) });
    const signature = signatureHeader(body, PLATFORM_SECRET, Date.now());
    return receiveWebhook({ site: null, rawBody: Buffer.from(body), signature });
  };
  assert.equal((await deliver('charge.succeeded', shop.id)).code, 'stored');
  assert.deepEqual((await deliver('charge.succeeded', 'acct_stranger')).code, 'unknown_account');
  assert.equal((await deliver('account.application.deauthorized', shop.id)).status, 200);
  const ended = await money.records.connections.get(id);
  assert.deepEqual([ended?.status, ended?.sealedKey], ['disconnected', null]);
  assert.match(ended?.statusReason ?? '', /withdrawn in Stripe/);
  assert.equal((await deliver('charge.updated', shop.id)).code, 'unknown_account');
});
