import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createTestServer } from '../../../test/http-server.ts';

const sample = (name: string) => readFileSync(new URL(`../../../test/spend/${name}`, import.meta.url));

describe('spend over HTTP', () => {
  let at: Awaited<ReturnType<typeof createTestServer>>;
  let url = '';
  let key: Record<string, string>;
  before(async () => {
    at = await createTestServer();
    const { id } = await at.addSite();
    url = `/api/v1/sites/${id}/spend`;
    key = await at.addKey(id);
  });
  after(() => at.close());

  const file = (payload: Buffer | string, query = '', type = 'text/csv') =>
    at.server.inject({ method: 'POST', url: `${url}${query}`, headers: { ...key, 'content-type': type }, payload });
  const rows = (list: unknown, query = '') =>
    at.server.inject({ method: 'POST', url: `${url}${query}`, headers: key, payload: { rows: list } as object });
  const row = { date: '2026-11-02', source: 'google', medium: 'cpc', campaign: 'brand', amount: 1200, currency: 'usd' };

  it('takes an export as it was downloaded, once', async () => {
    const preview = await file(sample('google.csv'), '?preview=true');
    assert.deepEqual([preview.statusCode, preview.json().state, preview.json().import], [200, 'previewed', null]);
    const answer = await file(sample('google.csv'), '?name=google.csv');
    const { state, platform, totals, campaigns, left_out: leftOut, columns } = answer.json();
    assert.deepEqual(
      [state, platform, totals, campaigns],
      ['imported', 'google_ads', [{ currency: 'eur', amount: 218505 }], 2],
    );
    assert.deepEqual([leftOut.count, leftOut.lines[0], columns.amount], [2, { line: 8, reason: 'a total' }, 'Cost']);
    assert.equal((await file(sample('google.csv'))).json().state, 'unchanged');
    const page = (await at.server.inject({ url: `${url}?from=2026-11-01&to=2026-11-30`, headers: key })).json();
    assert.deepEqual(
      page.imports.map((one: { name: string; state: string }) => [one.name, one.state]),
      [['google.csv', 'done']],
    );
    assert.equal(page.campaigns[0].spend[0].amount, 218505);
    const undo = () =>
      at.server.inject({ method: 'DELETE', url: `${url}/imports/${page.imports[0].id}`, headers: key });
    assert.deepEqual((await undo()).json(), { done: true });
    assert.equal((await undo()).json().error.code, 'unknown_import');
  });

  it('takes rows, in minor units', async () => {
    const answer = (await rows([row, { ...row, date: '2026-11-03', clicks: 3, impressions: null }])).json();
    assert.deepEqual([answer.state, answer.totals, answer.days], ['imported', [{ currency: 'usd', amount: 2400 }], 2]);
    const alias = await at.server.inject({
      method: 'POST',
      url: `${url}/aliases`,
      headers: key,
      payload: { platform: 'own', campaign_key: 'brand', campaign: 'Brand!' },
    });
    assert.deepEqual(alias.json(), { done: true });
    const page = (await at.server.inject({ url: `${url}?from=2026-11-01&to=2026-11-30`, headers: key })).json();
    assert.equal(page.campaigns[0].utm_campaign, 'Brand!');
  });

  const refusals: Record<
    string,
    [
      () => Promise<{ statusCode: number; json(): { error: { code: string; field?: string; message: string } } }>,
      number,
      string,
      string,
      RegExp,
    ]
  > = {
    'bad lines': [
      () => file(sample('own-bad.csv')),
      400,
      'bad_spend',
      'file',
      /7 of 8 lines cannot be read, and nothing was imported\. line 3/,
    ],
    'no export': [() => file('hello'), 400, 'bad_spend', 'file', /no line of it is a header that is known/],
    'an unknown currency': [
      () => file('Day,Campaign,Cost\n2026-11-02,a,1'),
      400,
      'bad_spend',
      'currency',
      /does not say its currency/,
    ],
    'no rows': [() => rows([]), 400, 'invalid', 'rows', /amounts in minor units/],
    'a fraction of a cent': [() => rows([{ ...row, amount: 0.5 }]), 400, 'invalid', 'rows.0.amount', /int/],
    'a day that is none': [
      () => rows([{ ...row, date: '2026-02-30' }]),
      400,
      'bad_spend',
      'file',
      /line 1: "2026-02-30" is not a day/,
    ],
    'a compressed body': [
      () =>
        at.server.inject({
          method: 'POST',
          url,
          headers: { ...key, 'content-type': 'text/csv', 'content-encoding': 'gzip' },
          payload: 'x',
        }) as never,
      415,
      'bad_encoding',
      'content-encoding',
      /uncompressed/,
    ],
    'too much': [() => file(Buffer.alloc(10 * 1024 * 1024 + 2, 'a')), 400, 'bad_spend', 'file', /larger than 10 MB/],
    'an alias of no platform': [
      () =>
        at.server.inject({
          method: 'POST',
          url: `${url}/aliases`,
          headers: key,
          payload: { platform: 'x', campaign_key: '' },
        }) as never,
      400,
      'invalid',
      'platform',
      /google_ads/,
    ],
    'a day after today as the first': [
      () => at.server.inject({ url: `${url}?from=2999-01-01`, headers: key }) as never,
      400,
      'invalid',
      'from',
      /^from: 2999-01-01 is after .* say "to" as well/,
    ],
    'days turned round': [
      () => at.server.inject({ url: `${url}?from=2026-11-02&to=2026-11-01`, headers: key }) as never,
      400,
      'invalid',
      'from',
      /is after/,
    ],
  };
  for (const [name, [send, status, code, field, message]] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      const answer = await send();
      const { error } = answer.json();
      assert.deepEqual([answer.statusCode, error.code, error.field ?? ''], [status, code, field], error.message);
      assert.match(error.message, message);
    });
  }

  it('is in the description of the API', async () => {
    const { paths } = (await at.server.inject({ url: '/api/openapi.json' })).json();
    assert.ok(JSON.stringify(paths['/api/v1/sites/{site}/spend'].post.requestBody).includes('impressions'));
  });
});
