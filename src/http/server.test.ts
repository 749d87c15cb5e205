import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { keepPixelFiles, pixelFiles } from './pixel-files.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import { RecordsUnavailable } from '../storage/records/records.ts';
import { createTestServer, PASSWORD } from '../../test/http-server.ts';

type TestServer = Awaited<ReturnType<typeof createTestServer>>;

describe('pages, pixel and probes', () => {
  let at: TestServer;
  before(async () => void (at = await createTestServer()));
  after(() => at.close());

  it('serves the dashboard on its own addresses and JSON on those of the API', async () => {
    for (const url of ['/', '/setup?token=x', '/sites/abc/payments']) {
      const page = await at.server.inject({ url });
      assert.equal(page.statusCode, 200, url);
      assert.match(page.headers['content-type'] as string, /^text\/html/);
      assert.equal(page.headers['cache-control'], 'no-cache');
      assert.doesNotMatch(page.headers['content-security-policy'] as string, /unsafe-inline|upgrade-insecure/);
      assert.equal(page.headers['strict-transport-security'], undefined);
    }
    const asset = await at.server.inject({ url: '/assets/app-1a2b.js' });
    assert.match(asset.headers['cache-control'] as string, /immutable/);
    assert.equal(asset.statusCode, 200);
    assert.match(asset.headers['content-security-policy'] as string, /script-src 'self'/);
    for (const url of [
      '/assets/../../records.sqlite',
      '/assets/%2e%2e/%2e%2e/records.sqlite',
      '/..%2frecords.sqlite',
    ]) {
      assert.equal((await at.server.inject({ url })).statusCode, 404, url);
    }
    for (const [method, url] of [
      ['GET', '/api/v1/nothing'],
      ['GET', '/api/nothing'],
      ['GET', '/assets/gone.js'],
      ['POST', '/nothing'],
      ['GET', '/api/v1/sites/%zz'],
    ] as const) {
      const missing = await at.server.inject({ method, url });
      assert.equal(missing.statusCode, url.includes('%') ? 400 : 404, url);
      assert.ok(missing.json().error.code && missing.json().error.message, missing.body);
    }
  });

  it('sends HSTS and upgrade only when the public address is https', async () => {
    const secure = await createTestServer({ publicUrl: 'https://headwater.example.com' });
    const page = await secure.server.inject({ url: '/' });
    assert.match(page.headers['strict-transport-security'] as string, /max-age=31536000/);
    assert.match(page.headers['content-security-policy'] as string, /upgrade-insecure-requests/);
    await secure.close();
  });

  it('serves the pixel to every origin, with a tag', async () => {
    const first = await at.server.inject({ url: '/hw.js' });
    assert.equal(first.body, "import('hw-more.js')");
    assert.match(first.headers['content-type'] as string, /^text\/javascript/);
    assert.match(first.headers['cache-control'] as string, /max-age=3600/);
    assert.equal(first.headers['cross-origin-resource-policy'], 'cross-origin');
    const again = await at.server.inject({ url: '/hw.js', headers: { 'if-none-match': first.headers.etag as string } });
    assert.equal(again.statusCode, 304);

    const large = await createTestServer({ pixel: pixelFiles({ 'hw.js': Buffer.from('track();'.repeat(500)) }) });
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip;q=1.0, br;q=0', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const answer = await large.server.inject({ url: '/hw.js', headers: { 'accept-encoding': accepted } });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(answer.headers.vary, 'accept-encoding');
      assert.equal(answer.rawPayload.length < 200, encoding !== undefined);
    }
    await large.close();
  });

  it('serves each version of the pixel under a name that never changes, with its integrity', async () => {
    const { pinned, ...names } = { pinned: /^hw-[0-9a-f]{12}\.js$/, more: /^hw-more-[0-9a-f]{12}\.js$/ };
    const files = pixelFiles({ 'hw.js': Buffer.from(`import('hw-more.js')`), 'hw-more.js': Buffer.from('more()') });
    const name = [...files.keys()].find((one) => pinned.test(one))!;
    const more = [...files.keys()].find((one) => names.more.test(one))!;
    const answer = await at.server.inject({ url: `/${name}` });
    assert.equal(answer.body, `import('${more}')`);
    assert.match(answer.headers['cache-control'] as string, /immutable/);
    assert.equal((await at.server.inject({ url: `/${more}` })).body, 'more()');
    assert.equal((await at.server.inject({ url: '/hw-0123456789ab.js' })).statusCode, 404);

    // After an upgrade the version before is still there.
    const folder = mkdtempSync(join(tmpdir(), 'headwater-pixel-'));
    await keepPixelFiles(files, folder);
    const upgraded = await keepPixelFiles(pixelFiles({ 'hw.js': Buffer.from('newer') }), folder);
    assert.equal(upgraded.get(name)?.toString(), answer.body);
    assert.equal(upgraded.get('hw.js')?.toString(), 'newer');
    rmSync(folder, { recursive: true });
  });

  it('is ready while its stores are, and names the one that is not', async () => {
    assert.equal((await at.server.inject({ url: '/healthz' })).statusCode, 200);
    assert.equal((await at.server.inject({ url: '/readyz' })).statusCode, 200);
    const broken = await createTestServer({
      checks: {
        records: async () => {},
        facts: () => Promise.reject(new FactsUnavailable('gone')),
        spool: async () => {},
      },
    });
    const answer = await broken.server.inject({ url: '/readyz' });
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers['retry-after'], '5');
    assert.deepEqual(answer.json().stores, { records: 'ok', facts: 'down', spool: 'ok' });
    assert.match(answer.json().error.message, /facts/);
    await broken.close();
  });

  it('describes the API, and only the API, in OpenAPI', async () => {
    const description = (await at.server.inject({ url: '/api/openapi.json' })).json();
    const paths = Object.keys(description.paths);
    assert.ok(paths.includes('/api/v1/sites/{site}/report'));
    assert.deepEqual(
      paths.filter((path) => /webhook|\/event$|sign|setup|hw\.js|readyz/.test(path)),
      [],
    );
  });
});

describe('errors', () => {
  it('answers outages with 503 and Retry-After, and never shows a stack', async () => {
    const outages = [
      new RecordsUnavailable('disk'),
      new FactsUnavailable('gone'),
      new Error('secret detail at line 3'),
    ];
    const at = await createTestServer({ report: () => Promise.reject(outages.shift()!) });
    const site = await at.addSite();
    const headers = await at.addKey(site.id);
    const url = `/api/v1/sites/${site.id}/report`;
    for (const store of ['records store', 'facts store']) {
      const answer = await at.server.inject({ url, headers });
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.headers['retry-after'], '5');
      assert.match(answer.json().error.message, new RegExp(store));
    }
    const failed = await at.server.inject({ url, headers });
    assert.equal(failed.statusCode, 500);
    assert.doesNotMatch(failed.body, /secret detail|\.ts/);
    await at.close();
  });

  it('answers what is not HTTP in the same form', async () => {
    const at = await createTestServer();
    const { port } = new URL(await at.server.listen({ host: '127.0.0.1', port: 0 }));
    for (const [sent, status] of [
      ['nonsense\r\n\r\n', '400 Bad Request'],
      [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large'],
    ] as const) {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(sent));
      const answer = await text(socket);
      assert.ok(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer);
      assert.ok(JSON.parse(answer.split('\r\n\r\n')[1]!).error.message);
    }
    await at.close();
  });

  it('names field, reason and remedy of bad input', async () => {
    const at = await createTestServer();
    const { headers } = await at.signUp();
    const site = await at.addSite();
    const cases = [
      ['POST', '/api/v1/sites', { domain: 'example.com' }, 'name', /is missing; send a string/],
      ['POST', '/api/v1/sites', { name: 'A', domain: ['a.com'] }, 'domain', /wrong type; send a string$/],
      ['PATCH', `/api/v1/sites/${site.id}`, { off_stripe: 'no' }, 'off_stripe', /wrong type; send true or false$/],
      ['POST', '/api/v1/sites', { name: '', domain: 'example.com' }, 'name', /must not be empty/],
      ['POST', '/api/v1/sites', { name: 'A', domain: 'co.uk' }, 'domain', /give one like example\.com/],
      ['POST', '/api/v1/sites', { name: 'A', domain: 'a.com', timezone: 'Mars/Base' }, 'timezone', /IANA/],
      ['POST', '/api/v1/sites', { name: 'A', domain: 'a.com', currency: 'xyz' }, 'currency', /three-letter/],
      ['PATCH', `/api/v1/sites/${site.id}`, { timezone: '+02:00' }, 'timezone', /IANA/],
      ['POST', `/api/v1/sites/${site.id}/stripe`, {}, 'key', /is missing/],
      ['POST', `/api/v1/sites/${site.id}/stripe`, { key: 'sk_test_bad' }, 'key', /Invalid API Key/],
      ['POST', `/api/v1/sites/${site.id}/keys`, { scopes: ['all'] }, 'scopes.0', /use "?read"?, /],
      ['GET', `/api/v1/sites/${site.id}/payments?mode=both`, undefined, 'mode', /use "?live"?, /],
      ['GET', `/api/v1/sites/${site.id}/payments?limit=0`, undefined, 'limit', /at least 1/],
      ['GET', `/api/v1/sites/${site.id}/report?from=2026-01-01&from=2026-01-02`, undefined, 'from', /once/],
      ['GET', `/api/v1/sites/${site.id}/payments/ch_none`, undefined, 'payment', /charge's id/],
      ['POST', '/api/v1/sign-in', { email: 'nobody', password: 'x' }, 'email', /name@example\.com/],
    ] as const;
    for (const [method, url, payload, field, message] of cases) {
      const answer = await at.server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
      assert.ok(answer.statusCode === 400 || answer.statusCode === 404, `${method} ${url}: ${answer.body}`);
      assert.equal(answer.json().error.field, field, answer.body);
      assert.match(answer.json().error.message, message);
    }
    const junk = { ...headers, 'content-type': 'application/json' };
    const broken = await at.server.inject({ method: 'POST', url: '/api/v1/sites', headers: junk, payload: '{"name"' });
    assert.deepEqual([broken.statusCode, broken.json().error.code], [400, 'bad_json']);
    assert.equal((await at.records.sites.list()).length, 1);
    await at.close();
  });
});

describe('a member', () => {
  it('goes from the set-up link to a site with a key, and out again', async () => {
    const at = await createTestServer();
    const me = (headers = {}) => at.server.inject({ url: '/api/v1/me', headers });
    assert.deepEqual((await me()).json(), { member: null, setup_required: true });
    const token = new URL((await at.accounts.ownerLink())!).searchParams.get('token')!;
    const person = { name: 'Ada', email: 'ada@example.com', password: PASSWORD };
    const bad = await at.server.inject({
      method: 'POST',
      url: '/api/v1/setup',
      payload: { ...person, token: 'guess' },
    });
    assert.equal(bad.statusCode, 400);
    const setUp = await at.server.inject({ method: 'POST', url: '/api/v1/setup', payload: { ...person, token } });
    assert.equal(setUp.statusCode, 200, setUp.body);
    assert.equal(setUp.json().member.email, 'ada@example.com');
    const cookie = setUp.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');
    const headers = { cookie, origin: 'http://localhost:1323' };
    assert.equal((await me(headers)).json().member.name, 'Ada');
    assert.deepEqual((await me()).json(), { member: null, setup_required: false });

    const payload = { name: ' My shop ', domain: 'https://www.Shop.example.com/cart', currency: 'EUR' };
    const added = await at.server.inject({ method: 'POST', url: '/api/v1/sites', headers, payload });
    assert.equal(added.statusCode, 201, added.body);
    const site = added.json();
    assert.deepEqual(
      [site.name, site.domain, site.timezone, site.currency],
      ['My shop', 'shop.example.com', 'UTC', 'eur'],
    );
    const status = (await at.server.inject({ url: `/api/v1/sites/${site.id}/status`, headers })).json();
    assert.equal(status.snippet, `<script defer src="http://localhost:1323/hw.js" data-site="${site.id}"></script>`);
    assert.equal(status.snippet_own_domain, `<script defer src="/hw/hw.js" data-site="${site.id}"></script>`);
    assert.equal(status.cookieless, false);

    const change = { collect: { identity: 'daily' } };
    await at.server.inject({ method: 'PATCH', url: `/api/v1/sites/${site.id}`, headers, payload: change });
    const daily = (await at.server.inject({ url: `/api/v1/sites/${site.id}/status`, headers })).json();
    assert.equal(daily.snippet, status.snippet.replace('hw.js', 'hw-cookieless.js'));
    const [, pinned] = /localhost:1323(\/hw-cookieless-[0-9a-f]{12}\.js)" integrity="sha384-/.exec(
      daily.snippet_pinned,
    )!;
    assert.match((await at.server.inject({ url: pinned! })).body, /^cookieless\(\);import\('hw-more-/);
    assert.deepEqual(
      [status.last_hit.at, status.payments, status.default_mode],
      ['2026-11-01T00:00:00.000Z', 0, 'test'],
    );

    const keys = `/api/v1/sites/${site.id}/keys`;
    const made = (await at.server.inject({ method: 'POST', url: keys, headers, payload: {} })).json();
    assert.match(made.key, /^hw_[A-Za-z0-9_-]{43}$/);
    const withKey = { authorization: `Bearer ${made.key}` };
    assert.equal((await at.server.inject({ url: `/api/v1/sites/${site.id}`, headers: withKey })).statusCode, 200);
    const listed = await at.server.inject({ url: keys, headers });
    assert.ok(!listed.body.includes(made.key) && listed.json().keys[0].prefix === made.key.slice(0, 8));
    await at.server.inject({ method: 'DELETE', url: `${keys}/${made.id}`, headers, payload: {} });
    assert.equal((await at.server.inject({ url: `/api/v1/sites/${site.id}`, headers: withKey })).statusCode, 401);

    const changed = await at.server.inject({
      method: 'PATCH',
      url: `/api/v1/sites/${site.id}`,
      headers,
      payload: { timezone: 'europe/berlin' },
    });
    assert.deepEqual([changed.json().timezone, changed.json().name], ['Europe/Berlin', 'My shop']);

    await at.server.inject({ method: 'POST', url: '/api/v1/sign-out', headers, payload: {} });
    assert.equal((await me(headers)).json().member, null);
    await at.close();
  });

  it('is not obeyed when the request came from another page', async () => {
    const at = await createTestServer();
    const { headers } = await at.signUp();
    const post = (changes: Record<string, string>, from: Record<string, string> = headers) =>
      at.server.inject({
        method: 'POST',
        url: '/api/v1/sites',
        headers: { ...from, ...changes },
        payload: { name: 'A', domain: 'a.com' },
      });
    assert.equal((await post({ origin: 'https://evil.example' })).statusCode, 403);
    assert.equal((await post({ origin: 'null' })).statusCode, 403);
    assert.equal((await post({}, { cookie: headers.cookie })).statusCode, 403);
    assert.equal((await post({ 'sec-fetch-site': 'cross-site' })).statusCode, 403);
    assert.equal((await post({ origin: 'http://10.0.0.5:1323', host: '10.0.0.5:1323' })).statusCode, 201);
    assert.equal((await post({})).statusCode, 201);
    const foreign = { origin: 'https://evil.example' };
    const payload = { email: 'ada@example.com', password: PASSWORD };
    const signIn = await at.server.inject({ method: 'POST', url: '/api/v1/sign-in', headers: foreign, payload });
    assert.equal(signIn.statusCode, 403);
    await at.close();
  });

  it('cannot be guessed for long', async () => {
    let clock = Date.now();
    const at = await createTestServer({ now: () => clock });
    await at.signUp();
    const attempt = (password: string) =>
      at.server.inject({ method: 'POST', url: '/api/v1/sign-in', payload: { email: 'ada@example.com', password } });
    let last = await attempt('wrong password');
    assert.equal(last.statusCode, 401);
    for (let n = 0; n < 20; n += 1) last = await attempt('wrong password');
    assert.equal(last.statusCode, 429);
    assert.ok(Number(last.headers['retry-after']) > 60);
    assert.equal((await attempt(PASSWORD)).statusCode, 429);
    clock += 16 * 60_000;
    assert.equal((await attempt(PASSWORD)).statusCode, 200);
    await at.close();
  });
});
