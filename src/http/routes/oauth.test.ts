import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConnectRefused } from '../../payments/connect.ts';
import { createTestServer } from '../../../test/http-server.ts';

it('goes to Stripe’s page and comes back to the site’s settings, with the outcome', async () => {
  let site = '';
  const at = await createTestServer({
    oauth: {
      begin: (id, member) => `https://connect.stripe.com/oauth/authorize?state=${id}.${member}`,
      siteOf(state) {
        if (state !== 'ours') throw new ConnectRefused('site', 'this link was not begun here');
        return site;
      },
      async finish({ code }) {
        if (code !== 'ac_good') throw new ConnectRefused('key', 'Stripe refused: no such code');
        return { id: 'con_1', account: 'acct_1', livemode: true, status: 'verified' };
      },
    },
  });
  const { headers, member } = await at.signUp();
  site = (await at.addSite()).id;
  const begun = await at.server.inject({
    method: 'POST',
    url: `/api/v1/sites/${site}/stripe/oauth`,
    headers,
    payload: {},
  });
  assert.deepEqual(begun.json(), { url: `https://connect.stripe.com/oauth/authorize?state=${site}.${member.id}` });
  const back = (query: string) => at.server.inject({ url: `/api/v1/oauth/stripe/callback?${query}`, headers });
  const page = `/sites/${site}/settings/revenue`;
  for (const [query, location] of [
    ['state=ours&code=ac_good', `${page}?stripe=connected`],
    ['state=ours&code=ac_bad', `${page}?stripe=Stripe+refused%3A+no+such+code`],
    ['state=ours&error=access_denied&error_description=The+user+denied', `${page}?stripe=The+user+denied`],
  ] as const) {
    const answer = await back(query);
    assert.deepEqual([answer.statusCode, answer.headers.location], [303, location], query);
  }
  assert.equal((await back('state=forged&code=ac_good')).statusCode, 400);
  assert.equal(
    (await at.server.inject({ url: '/api/v1/oauth/stripe/callback?state=ours&code=ac_good' })).statusCode,
    401,
  );
  await at.close();
});
