// What a caller misspells is refused by its name: passed over, it would be a change answered with 200 and never made.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestServer } from '../../test/http-server.ts';

const row = { date: '2026-11-02', source: 'google', amount: 1200, currency: 'usd' };
const payment = { id: 'pp_1', amount: 100, currency: 'usd', occurred_at: '2026-11-01T10:00:00Z' };
const custom = { name: 'Mine', from_start: [1], others: 1, from_end: [1] };

/** What is sent, and the field that is named. */
const REFUSED: [request: string, body: object | null, field: string][] = [
  ['POST /sites', { name: 'New', domain: 'new.example.com', time_zone: 'UTC' }, 'time_zone'],
  ['PATCH /sites/:site', { curency: 'eur' }, 'curency'],
  ['PATCH /sites/:site', { models: { windowDays: 30 } }, 'models.windowDays'],
  ['PATCH /sites/:site', { models: { custom: { ...custom, weights: [] } } }, 'models.custom.weights'],
  ['PATCH /sites/:site', { collect: { excludedPaths: ['/admin'] } }, 'collect.excludedPaths'],
  ['POST /sites/:site/keys', { scope: ['read'] }, 'scope'],
  ['POST /sites/:site/stripe', { key: 'rk_test_1', secret: 'whsec_1' }, 'secret'],
  ['POST /sites/:site/payments', { ...payment, visitorId: 'v1' }, 'visitorId'],
  ['POST /sites/:site/runs', { name: 'Mine', question: '', model: 'linear' }, 'model'],
  ['POST /sites/:site/spend', { rows: [{ ...row, campain: 'x' }] }, 'rows.0.campain'],
  ['POST /sites/:site/spend', { rows: [row], preview: true }, 'preview'],
  ['POST /sites/:site/spend?preveiw=true', { rows: [row] }, 'preveiw'],
  ['POST /sites/:site/spend/aliases', { platform: 'own', campaign_key: 'x', utm_source: 'y' }, 'utm_source'],
  ['POST /sites/:site/links/l1/reject', { payment: 'ch_1', reason: 'wrong' }, 'reason'],
  ['POST /sites/:site/links/l1/reinstate', { reason: 'right' }, 'reason'],
  ['PUT /sites/:site/alerts/target', { url: 'https://192.0.2.1/', secret: 'x' }, 'secret'],
  ['GET /sites/:site/payments?from=2026-11-01', null, 'from'],
  ['GET /sites/:site/spend?platform=meta', null, 'platform'],
  ['GET /sites/:site/coverage?source=google', null, 'source'],
  ['GET /sites/:site/restatements?from=2026-11-01', null, 'from'],
];

describe('what the API does not know', () => {
  let at: Awaited<ReturnType<typeof createTestServer>>;
  let site = '';
  let headers: Record<string, string>;
  before(async () => {
    at = await createTestServer();
    ({ headers } = await at.signUp());
    ({ id: site } = await at.addSite());
  });
  after(() => at.close());

  for (const [request, body, field] of REFUSED) {
    it(`is refused: ${field} of ${request}`, async () => {
      const [method, path] = request.split(' ') as ['GET', string];
      const url = `/api/v1${path.replace(':site', site)}`;
      const answer = await at.server.inject({ method, url, headers, ...(body ? { payload: body } : {}) });
      const { error } = answer.json();
      assert.deepEqual([answer.statusCode, error.field], [400, field], answer.body);
      assert.ok(error.message.startsWith(`${field}: is not `), error.message);
    });
  }

  it('is told apart from what is written wrongly, with how to write it', async () => {
    const url = `/api/v1/sites/${site}/payments`;
    for (const [wrong, message] of [
      [{ currency: 'euro' }, 'currency: must be an ISO 4217 code such as usd'],
      [
        { occurred_at: '2026-11-01' },
        'occurred_at: is not a time; write it with its offset, like 2026-11-21T10:00:00Z',
      ],
    ] as const) {
      const answer = await at.server.inject({ method: 'POST', url, headers, payload: { ...payment, ...wrong } });
      assert.deepEqual([answer.statusCode, answer.json().error.message], [400, message]);
    }
  });

  it('is passed over in hits, whose scripts may be newer or older than the server', async () => {
    const event = { id: crypto.randomUUID(), name: 'pageview', url: 'https://shop.example.com/', more: 1 };
    const payload = { site, visitor: 'v1', events: [event], extra: true };
    const answer = await at.server.inject({ method: 'POST', url: '/api/event?beacon=1', payload });
    assert.equal(answer.statusCode, 202, answer.body);
  });
});
