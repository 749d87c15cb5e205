import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import type { Access } from './access.ts';
import { createTestServer } from '../../test/http-server.ts';

/**
 * Every API route × everyone who might call it. The table of routes comes from the server: a new route without a row
 * here fails, and so does one whose access changed.
 */
const ROWS: Record<string, { access: Access; body?: object }> = {
  'GET /api/v1/me': { access: 'public' },
  'POST /api/v1/setup': { access: 'public' },
  'POST /api/v1/sign-in': { access: 'public' },
  'POST /api/v1/sign-out': { access: 'public' },
  'GET /api/v1/sites': { access: 'caller' },
  'POST /api/v1/sites': { access: 'member', body: { name: 'New', domain: 'new.example.com' } },
  'GET /api/v1/sites/:site': { access: 'site:read' },
  'PATCH /api/v1/sites/:site': { access: 'site:write', body: { name: 'Other' } },
  'GET /api/v1/sites/:site/status': { access: 'site:read' },
  'GET /api/v1/sites/:site/keys': { access: 'site:member' },
  'POST /api/v1/sites/:site/keys': { access: 'site:member', body: {} },
  'DELETE /api/v1/sites/:site/keys/:key': { access: 'site:member' },
  'GET /api/v1/sites/:site/stripe': { access: 'site:read' },
  'POST /api/v1/sites/:site/stripe': { access: 'site:write', body: { key: 'rk_test_1' } },
  'DELETE /api/v1/sites/:site/stripe/:connection': { access: 'site:write' },
  'POST /api/v1/sites/:site/stripe/oauth': { access: 'site:member', body: {} },
  'GET /api/v1/oauth/stripe/callback': { access: 'member' },
  'GET /api/v1/sites/:site/doctor': { access: 'site:read' },
  'GET /api/v1/sites/:site/stripe/history': { access: 'site:read' },
  'POST /api/v1/sites/:site/stripe/:connection/backfill': { access: 'site:write', body: {} },
  'POST /api/v1/sites/:site/stripe/:connection/reconcile': { access: 'site:write', body: {} },
  'POST /api/v1/sites/:site/stripe/dead-letters/replay': { access: 'site:write', body: {} },
  'POST /api/v1/sites/:site/stripe/dead-letters/:event/replay': { access: 'site:write', body: {} },
  'GET /api/v1/sites/:site/rates': { access: 'site:read' },
  'GET /api/v1/sites/:site/spend': { access: 'site:read' },
  'POST /api/v1/sites/:site/spend': { access: 'site:write', body: { rows: [] } },
  'DELETE /api/v1/sites/:site/spend/imports/:import': { access: 'site:write' },
  'POST /api/v1/sites/:site/spend/aliases': { access: 'site:write', body: { platform: 'own', campaign_key: 'x' } },
  'GET /api/v1/sites/:site/report': { access: 'site:read' },
  'GET /api/v1/sites/:site/visitors/:visitor': { access: 'site:read' },
  'GET /api/v1/sites/:site/customers/:customer': { access: 'site:read' },
  'GET /api/v1/sites/:site/people': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/paths': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/times': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/assists': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/flow': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/cohorts': { access: 'site:read' },
  'GET /api/v1/sites/:site/journeys/lifetime': { access: 'site:read' },
  'GET /api/v1/sites/:site/runs': { access: 'site:read' },
  'POST /api/v1/sites/:site/runs': { access: 'site:write', body: { name: 'Mine', question: '' } },
  'GET /api/v1/sites/:site/runs/:run': { access: 'site:read' },
  'DELETE /api/v1/sites/:site/runs/:run': { access: 'site:write' },
  'GET /api/v1/sites/:site/recompute': { access: 'site:read' },
  'GET /api/v1/sites/:site/payments': { access: 'site:read' },
  'POST /api/v1/sites/:site/payments': {
    access: 'site:write',
    body: { id: 'pp_1', amount: 100, currency: 'usd', occurred_at: '2026-11-01T10:00:00Z' },
  },
  'GET /api/v1/sites/:site/subscriptions': { access: 'site:read' },
  'GET /api/v1/sites/:site/subscriptions/:subscription': { access: 'site:read' },
  'GET /api/v1/sites/:site/payments/:payment': { access: 'site:read' },
  'GET /api/v1/sites/:site/payments/:payment/identity': { access: 'site:read' },
  'GET /api/v1/sites/:site/links/rejected': { access: 'site:read' },
  'POST /api/v1/sites/:site/links/:link/reject': { access: 'site:write', body: { payment: 'ch_none' } },
  'POST /api/v1/sites/:site/links/:link/reinstate': { access: 'site:write', body: {} },
  'GET /api/v1/sites/:site/restatements': { access: 'site:read' },
  'GET /api/v1/sites/:site/coverage': { access: 'site:read' },
  'GET /api/v1/sites/:site/alerts': { access: 'site:read' },
  'POST /api/v1/sites/:site/alerts/:alert/accept': { access: 'site:write' },
  'GET /api/v1/sites/:site/alerts/target': { access: 'site:read' },
  'PUT /api/v1/sites/:site/alerts/target': { access: 'site:write', body: { url: 'https://192.0.2.1/' } },
  'DELETE /api/v1/sites/:site/alerts/target': { access: 'site:write' },
  'POST /api/v1/sites/:site/alerts/target/test': { access: 'site:write' },
};

type Who =
  | 'anonymous'
  | 'forged key'
  | 'other team'
  | 'removed member'
  | 'other site’s key'
  | 'reading key'
  | 'full key'
  | 'member';
/** 'in': the route itself answers. */
const EXPECTED: Record<Exclude<Access, 'public'>, Record<Who, number | 'in'>> = {
  caller: {
    anonymous: 401,
    'forged key': 401,
    'other team': 'in',
    'removed member': 'in',
    'other site’s key': 'in',
    'reading key': 'in',
    'full key': 'in',
    member: 'in',
  },
  member: {
    anonymous: 401,
    'forged key': 401,
    'other team': 'in',
    'removed member': 403,
    'other site’s key': 403,
    'reading key': 403,
    'full key': 403,
    member: 'in',
  },
  'site:read': {
    anonymous: 401,
    'forged key': 401,
    'other team': 404,
    'removed member': 404,
    'other site’s key': 404,
    'reading key': 'in',
    'full key': 'in',
    member: 'in',
  },
  'site:write': {
    anonymous: 401,
    'forged key': 401,
    'other team': 404,
    'removed member': 404,
    'other site’s key': 404,
    'reading key': 403,
    'full key': 'in',
    member: 'in',
  },
  'site:member': {
    anonymous: 401,
    'forged key': 401,
    'other team': 404,
    'removed member': 404,
    'other site’s key': 404,
    'reading key': 403,
    'full key': 403,
    member: 'in',
  },
};

describe('tenant matrix', () => {
  let at: Awaited<ReturnType<typeof createTestServer>>;
  let site: string;
  let headersOf: Record<Who, Record<string, string>>;

  before(async () => {
    at = await createTestServer();
    const { headers: member } = await at.signUp();
    ({ id: site } = await at.addSite());
    const neighbour = await at.addSite('neighbour.example.com');
    const stranger = await at.signUp('eve@example.com');
    await sql`insert into teams (id, name, created_at) values ('other', 'Other', 1)`.execute(at.records.db);
    await sql`update team_members set team = 'other' where member = ${stranger.member.id}`.execute(at.records.db);
    const removed = await at.signUp('bob@example.com');
    await sql`delete from team_members where member = ${removed.member.id}`.execute(at.records.db);
    headersOf = {
      anonymous: {},
      'forged key': { authorization: `Bearer hw_${'A'.repeat(43)}`, ...member },
      'other team': stranger.headers,
      'removed member': removed.headers,
      'other site’s key': await at.addKey(neighbour.id),
      'reading key': await at.addKey(site, ['read']),
      'full key': await at.addKey(site),
      member,
    };
  });
  after(() => at.close());

  it('has a row for every API route, with its access', () => {
    const served = at.server.routeTable.filter(({ url, method }) => url.startsWith('/api/v1') && method !== 'HEAD');
    const actual = Object.fromEntries(served.map(({ method, url, access }) => [`${method} ${url}`, access]));
    const expected = Object.fromEntries(Object.entries(ROWS).map(([route, { access }]) => [route, access]));
    assert.deepEqual(actual, expected, 'add or change the row of this route in tenants.test.ts');
  });

  it('leaves nothing but these open outside the API', () => {
    const open = at.server.routeTable.filter(({ url }) => !url.startsWith('/api/v1')).map(({ url }) => url);
    assert.deepEqual([...new Set(open)].sort(), [
      '/api/event',
      '/api/hand-over',
      '/api/openapi.json',
      '/api/webhooks/stripe',
      '/api/webhooks/stripe/:site',
      '/healthz',
      '/hw-:version.js',
      '/hw-cookieless.js',
      '/hw-more.js',
      '/hw.js',
      '/metrics',
      '/readyz',
      '/webhooks/stripe/:site',
    ]);
  });

  for (const [route, { access, body }] of Object.entries(ROWS)) {
    if (access === 'public') continue;
    it(`${route} answers by who calls`, async () => {
      const [method, url] = route.split(' ') as ['GET', string];
      const address = url
        .replace(':site', site)
        .replace(':key', 'none')
        .replace(':connection', 'none')
        .replace(':event', 'evt_none')
        .replace(':import', 'none')
        .replace(':run', 'none')
        .replace(':payment', 'ch_none');
      for (const who of Object.keys(headersOf) as Who[]) {
        const answer = await at.server.inject({
          method,
          url: address,
          headers: headersOf[who],
          ...(body ? { payload: body } : {}),
        });
        const expected: number | 'in' = EXPECTED[access][who];
        const code = (answer.body.startsWith('{') ? answer.json() : {}).error?.code as string | undefined;
        const isRefused = [
          'unauthorized',
          'bad_key',
          'members_only',
          'missing_scope',
          'no_team',
          'unknown_site',
        ].includes(code ?? '');
        if (expected === 'in') assert.ok(!isRefused, `${who}: ${answer.body}`);
        else assert.deepEqual([answer.statusCode, isRefused], [expected, true], `${who}: ${answer.body}`);
      }
    });
  }

  it('answers a foreign site as it answers one that does not exist', async () => {
    const ask = (id: string, who: Who) => at.server.inject({ url: `/api/v1/sites/${id}`, headers: headersOf[who] });
    for (const who of ['other team', 'removed member', 'other site’s key'] as const) {
      const foreign = await ask(site, who);
      const unknown = await ask('nosuchsite', who);
      assert.equal(foreign.statusCode, unknown.statusCode);
      assert.equal(foreign.body.replace(site, ''), unknown.body.replace('nosuchsite', ''));
    }
    const { sites } = (await at.server.inject({ url: '/api/v1/sites', headers: headersOf['other team'] })).json();
    assert.deepEqual(
      sites.filter(({ id }: { id: string }) => id === site),
      [],
    );
    const own = (await at.server.inject({ url: '/api/v1/sites', headers: headersOf['reading key'] })).json();
    assert.deepEqual(
      own.sites.map((each: { id: string }) => each.id),
      [site],
    );
  });
});
