// Bad input of every kind, over HTTP and on the command line: one clear answer, nothing stored, nothing else disturbed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startProgram, temporaryDirectory } from '../contracts/facts-engines.ts';
import { freePort, startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { NO_STRIPE, openMerchant, SECRET } from '../merchant.ts';
import type { Merchant } from '../merchant.ts';
import * as stripe from '../stripe-events.ts';
import { runCli, runProgram } from './cli.ts';

const MEBIBYTE = 1_048_576;

describe('over HTTP', { timeout: 100_000 }, () => {
  let headwater: Headwater;
  let shop: Merchant;
  let other: Merchant;
  before(async () => {
    headwater = await startHeadwater(NO_STRIPE);
    [shop, other] = await Promise.all([openMerchant(headwater), openMerchant(headwater, { domain: 'other.test' })]);
  });
  after(() => headwater?.[Symbol.asyncDispose]());

  /** Answers as `[status, field]`, after checking that it is one error in the form of the contract. */
  async function refusal(path: string, init: RequestInit = {}) {
    const answer = await fetch(`${headwater.url}${path}`, init);
    const text = await answer.text();
    const { error } = JSON.parse(text) as { error: { code: string; message: string; field?: string } };
    assert.match(error.code, /^[a-z_]+$/, text);
    assert.ok(error.message.length > 10 && !/\n|\.[tj]s:\d|node_modules/.test(error.message), text);
    if (error.field) assert.ok(error.message.includes(error.field), text);
    if (answer.status === 401) assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
    return [answer.status, error.field] as const;
  }
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

  it('keys and sites', async () => {
    const report = (site: string) => `/api/v1/sites/${site}/report`;
    const cases: [what: string, path: string, init: RequestInit, status: number][] = [
      ['no key', report(shop.site), {}, 401],
      ['an unknown key', report(shop.site), bearer('hw_unknown'), 401],
      ['not a Bearer', report(shop.site), { headers: { authorization: `Basic ${shop.key}` } }, 401],
      ["another site's key", report(shop.site), bearer(other.key), 404],
      ['an unknown site', report('nosuchsite'), bearer(shop.key), 404],
      ['a site of nonsense', report(`${'x'.repeat(250)}`), bearer(shop.key), 404],
      ['an injected site', report(encodeURIComponent("x' OR 1=1 --")), bearer(shop.key), 404],
      ['an unknown payment', `/api/v1/sites/${shop.site}/payments/ch_none`, bearer(shop.key), 404],
      ['an unknown page of the API', '/api/v1/nothing', bearer(shop.key), 404],
    ];
    for (const [what, path, init, status] of cases) assert.equal((await refusal(path, init))[0], status, what);
  });

  it('questions', async () => {
    const cases: [field: string, query: string][] = [
      ['from', 'from=yesterday'],
      ['from', 'from=2026-02-30'],
      ['to', 'to=2026-13-01'],
      ['from', 'from=2026-11-02&to=2026-11-01'],
      ['metrics', 'metrics=visitors,happiness'],
      ['metrics', "metrics=visitors');DROP TABLE events--"],
      ['dimensions', 'dimensions=colour'],
      ['dimensions', 'metrics=revenue&dimensions=page'],
      ['filter', 'filter=source=google'],
      ['filter', `filter=${encodeURIComponent('[["colour","is",["red"]]]')}`],
      ['filter', `filter=${encodeURIComponent('[["source","like",["red"]]]')}`],
      ['filter', `filter=${encodeURIComponent('[["source","is",[1]]]')}`],
      ['model', 'model=magic'],
      ['mode', 'mode=both'],
      ['by', 'by=moon'],
      ['limit', 'limit=-1'],
      ['order', 'order=-colour'],
      ['window', 'window=month'],
      ['compare', 'compare=never'],
      ['bots', 'bots=maybe'],
      ['colour', 'colour=red'],
    ];
    for (const [field, query] of cases)
      assert.deepEqual(
        await refusal(`/api/v1/sites/${shop.site}/report?${query}`, bearer(shop.key)),
        [400, field],
        query,
      );
    for (const [field, query] of [
      ['limit', 'limit=0'],
      ['limit', 'limit=many'],
      ['mode', 'mode=both'],
      ['cursor', 'cursor=nonsense'],
    ])
      assert.deepEqual(
        await refusal(`/api/v1/sites/${shop.site}/payments?${query}`, bearer(shop.key)),
        [400, field],
        query,
      );
  });

  it('hits', async () => {
    const event = { id: randomUUID(), name: 'pageview', url: 'https://shop.test/' };
    const site = shop.site;
    const cases: [what: string, body: unknown, status: number][] = [
      ['nothing', '', 400],
      ['not JSON', '{"site":', 400],
      ['a list', [], 400],
      ['no site', { events: [event] }, 400],
      ['an unknown site', { site: 'nosuchsite', events: [event] }, 400],
      ['no events', { site, events: [] }, 400],
      ['events of nonsense', { site, events: 'all' }, 400],
      ['an id that is no UUID', { site, events: [{ ...event, id: 'one' }] }, 400],
      ['no name', { site, events: [{ ...event, name: '' }] }, 400],
      ['a visitor of nonsense', { site, visitor: 'a b', events: [event] }, 400],
      ['a visitor too long', { site, visitor: 'a'.repeat(65), events: [event] }, 400],
      ['a url of nonsense', { site, events: [{ ...event, url: 'shop' }] }, 400],
      ['a time of nonsense', { site, events: [{ ...event, at: 'noon' }] }, 400],
      ['more than a mebibyte', JSON.stringify({ site, events: [event] }).padEnd(MEBIBYTE + 1), 413],
    ];
    for (const [what, body, status] of cases) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      assert.equal((await refusal('/api/event', { method: 'POST', body: text }))[0], status, what);
    }
    const zipped = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
    const bomb = { method: 'POST', body: new Uint8Array(gzipSync('{}')), headers: zipped };
    assert.equal((await refusal('/api/event', bomb))[0], 415);
    const keyed = { method: 'POST', body: JSON.stringify({ site, events: [event] }), ...bearer('hw_unknown') };
    assert.equal((await refusal('/api/event', keyed))[0], 401);

    // One bad hit never sinks the others.
    const mixed = { site, visitor: 'v1', events: [event, { ...event, id: randomUUID(), url: 'https://evil.test/' }] };
    const answer = await headwater.post('/api/event', mixed);
    assert.equal(answer.status, 202, await answer.text());
    const totals = () => shop.report({ metrics: 'pageviews', bots: 'include' }).then((report) => report.totals);
    await until(async () => (await totals()).pageviews !== 0, 'the good hit is counted');
  });

  it('webhooks: what is not verified is not stored', async () => {
    const paid = { name: 'bad', amount: 100, created: Math.floor(Date.now() / 1000) };
    const event = stripe.eventOf('charge.succeeded', stripe.charge(paid), paid);
    const good = stripe.signed(event, SECRET);
    const at = (seconds: number) => stripe.signed(event, SECRET, Date.now() + seconds * 1000);
    const changed = { ...good, body: good.body.replace('"amount":100', '"amount":999') };
    const large = stripe.signed({ ...event, filler: 'x'.repeat(MEBIBYTE) }, SECRET);
    const path = `/api/webhooks/stripe/${shop.site}`;
    const cases: [what: string, path: string, sent: { body: string; headers: object }, status: number][] = [
      ['another secret', path, stripe.signed(event, 'whsec_of_somebody_else'), 400],
      ['no signature', path, { body: good.body, headers: {} }, 400],
      ['a signature of nonsense', path, { body: good.body, headers: { 'stripe-signature': 'x' } }, 400],
      ['a changed body', path, changed, 400],
      ['an empty body', path, { ...good, body: '' }, 400],
      ['signed too long ago', path, at(-400), 400],
      ['signed in the future', path, at(400), 400],
      ['more than a mebibyte', path, large, 413],
      ['an unknown site', '/api/webhooks/stripe/nosuchsite', good, 404],
      ['an unknown site by the other path', '/webhooks/stripe/nosuchsite', good, 404],
      ["nobody's secret, no site", '/api/webhooks/stripe', stripe.signed(event, 'whsec_of_somebody_else'), 400],
    ];
    for (const [what, where, { body, headers }, status] of cases) {
      const init = { method: 'POST', body, headers: headers as Record<string, string> };
      assert.equal((await refusal(where, init))[0], status, what);
    }
    const inbox = async () => {
      const { inbox: counts, dead_letters: dead } = await headwater.get<{
        inbox: Record<string, number>;
        dead_letters: { type: string; error: string }[];
      }>(`/api/v1/sites/${shop.site}/stripe`, shop.key);
      return { counts, dead };
    };
    assert.deepEqual((await inbox()).counts, { pending: 0, done: 0, dead: 0, quarantined: 0 });

    // Signed, but no event: kept where people see it, and never in a loop.
    for (const body of ['[]', '"text"', '{"id":"evt_x"}']) {
      const { headers } = stripe.signed(JSON.parse(body) as object, SECRET);
      const answer = await headwater.post(path, body, headers);
      assert.equal(answer.status, 200, body);
    }
    await until(async () => (await inbox()).counts.dead === 3, 'three dead letters');
    assert.ok((await inbox()).dead.every(({ error }) => error.length > 0));
    assert.deepEqual(await shop.payments(), []);
    // The address is not blocked by any of this.
    await shop.deliver(event);
    await until(async () => (await shop.payments()).length === 1, 'a good webhook books');
  });

  it('settings of a site and of Stripe', async () => {
    const send = (path: string, body: unknown, method = 'POST') =>
      refusal(`/api/v1/sites/${shop.site}${path}`, {
        ...{ method, body: typeof body === 'string' ? body : JSON.stringify(body) },
        headers: { authorization: `Bearer ${shop.key}`, 'content-type': 'application/json' },
      });
    assert.deepEqual(await send('/stripe', {}), [400, 'key']);
    assert.deepEqual(await send('/stripe', { webhook_secret: 'hello' }), [400, 'webhook_secret']);
    assert.deepEqual((await send('/stripe', '{"key":'))[0], 400);
    assert.deepEqual((await send('/stripe', { key: 'x'.repeat(70_000) }))[0], 413);
    assert.deepEqual(await send('', { timezone: 'Berlin' }, 'PATCH'), [400, 'timezone']);
    assert.deepEqual(await send('', { domain: 'no host' }, 'PATCH'), [400, 'domain']);
  });
});

describe('on the command line', { timeout: 150_000 }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-usage-'));
  after(() => rmSync(dataDir, { recursive: true }));
  const env = { HEADWATER_DATA: dataDir, HOST: '127.0.0.1', HEADWATER_LOG_LEVEL: 'error' };

  /** Two at a time: each is a process of its own. */
  async function each<T>(cases: readonly T[], check: (one: T) => Promise<void>) {
    const left = [...cases];
    const worker = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await check(one);
    };
    await Promise.all([worker(), worker()]);
  }

  it('a bad setting stops the start with one clear line', async () => {
    const file = join(dataDir, 'a-file');
    writeFileSync(file, '');
    const cases: [setting: string, value: string, shown?: RegExp][] = [
      ['PORT', 'abc'],
      ['PORT', '70000'],
      ['HOST', '203.0.113.7'],
      ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
      ['DATABASE_URL', 'postgres://postgres:hunter2@127.0.0.1:1/x'],
      ['CLICKHOUSE_URL', 'clickhouse:9000'],
      ['HEADWATER_URL', 'ftp://shop.test'],
      ['HEADWATER_SECRET', 'changeme'],
      ['HEADWATER_DATA', join(file, 'below')],
      ['HEADWATER_GEO_DATABASE', '/nowhere.mmdb'],
      ['HEADWATER_LOG_LEVEL', 'loud'],
    ];
    await each(cases, async ([name, value]) => {
      const { code, stdout, stderr } = await runCli(['serve'], {
        ...env,
        PORT: String(await freePort()),
        [name]: value,
      });
      assert.deepEqual([code, stdout], [1, ''], `${name}=${value}: ${stderr}`);
      assert.match(stderr, new RegExp(`^headwater: [^\\n]*${name}[^\\n]*\\n$`), `${name}=${value}`);
      assert.ok(!stderr.includes('hunter2'), 'a password is never shown');
    });
  });

  it('a ClickHouse server that refuses the password stops the start too', async () => {
    const directory = await temporaryDirectory();
    const { program, endpoint } = await startProgram(directory);
    const CLICKHOUSE_URL = endpoint.url.replace('//', '//default:wrong@');
    const { code, stderr } = await runCli(['serve'], { ...env, PORT: String(await freePort()), CLICKHOUSE_URL });
    program.kill('SIGTERM');
    await once(program, 'exit');
    await rm(directory, { recursive: true, force: true });
    assert.equal(code, 1);
    assert.match(stderr, /^headwater: CLICKHOUSE_URL: the server refused: [^\n]*Authentication[^\n]*\n$/);
  });

  it('another secret than the one that sealed what is stored stops it, before webhooks fail without a word', async () => {
    const own = { ...env, HEADWATER_DATA: join(dataDir, 'sealed') };
    assert.equal((await runCli(['site', 'list', '--json'], own)).code, 0);
    const { code, stderr } = await runCli(['site', 'list'], { ...own, HEADWATER_SECRET: 'another-secret-0123456789' });
    assert.equal(code, 1);
    assert.match(stderr, /^headwater: HEADWATER_SECRET: [^\n]+another secret[^\n]+\n$/);
    assert.equal((await runCli(['site', 'list', '--json'], own)).code, 0);
  });

  it('wrong usage is 2, a failure 1, and --json is one line in any case', async () => {
    const cases: [args: string[], code: number][] = [
      [[], 2],
      [['nonsense'], 2],
      [['site'], 2],
      [['site', 'add', '--name', 'Shop'], 2],
      [['site', 'add', '--name', 'Shop', '--domain', 'not a host'], 2],
      [['serve', '--port', '80'], 2],
      [['key', 'add', '--site', 'nosuchsite'], 1],
      [['stripe', 'connect', '--site', 'nosuchsite', '--key', 'rk_test_1'], 1],
    ];
    await each(cases, async ([args, expected]) => {
      const { code, stdout, stderr } = await runCli([...args, '--json'], env);
      assert.equal(code, expected, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^headwater: [^\n]+\n$/);
      assert.match(stdout, /^\{"error":\{"code":"[a-z_]+","message":"[^\n]+\n$/);
    });
  });

  it('and through npm', async () => {
    const npm = (...args: string[]) => runProgram('npm', ['run', 'headwater', '--', ...args], env);
    const added = await npm('site', 'add', '--name', 'Shop', '--domain', 'shop.test', '--json');
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stdout, /^\{"id":"[\w-]+"\}\n$/);
    const wrong = await npm('nonsense', '--json');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stdout, /^\{"error":\{"code":"usage"[^\n]+\n$/);
    assert.match(wrong.stderr, /^headwater: [^\n]+\n$/);
  });
});
