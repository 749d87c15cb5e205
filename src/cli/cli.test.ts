import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createAccounts } from '../http/accounts/accounts.ts';
import { openRecords } from '../storage/records/open.ts';
import type { App, Connected } from './app.ts';
import type { Io } from './command.ts';
import { COMMANDS } from './commands.ts';
import { run } from './run.ts';

const log = { info() {}, warn() {}, error() {} };
const now = () => Date.now();

describe('commands', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-cli-'));
  const open = () => openRecords({ dataDir, log });
  const records = open();
  let connected: () => Promise<Connected> = async () => {
    throw new Error('no test set this');
  };
  before(() => records.migrate());
  after(async () => {
    await records.close();
    rmSync(dataDir, { recursive: true });
  });

  async function openApp(): Promise<App> {
    const own = open();
    const publicUrl = 'http://localhost:1323';
    const accounts = createAccounts({ records: own, db: own.db, secret: 's'.repeat(64), publicUrl, now, log });
    return {
      records: own,
      now,
      connectStripe: () => connected(),
      disconnectStripe: async ({ connection }) => (connection === 'con_1' ? { id: connection, left: null } : null),
      permissions: [{ name: 'rak_event_read', label: 'Events', access: 'read', without: 'lost webhooks stay lost' }],
      checkUp: async () => ({ checked_at: new Date(0).toISOString(), findings: [], checks: [] }),
      memberLink: accounts.memberLink,
      runJob: async () => false,
      close: () => own.close(),
    };
  }

  async function headwater(...argv: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const io: Io = {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      terminal: false,
      signal: AbortSignal.timeout(20_000),
      openApp,
      serve: async ({ ready }) => ready('http://localhost:1323'),
    };
    const code = await run(argv, io, COMMANDS);
    return { code, out, err, json: () => JSON.parse(out.join('\n')) };
  }

  const addSite = async () =>
    (await headwater('site', 'add', '--name', 'Shop', '--domain', 'shop.example.com', '--json')).json().id as string;

  it('adds a site on a fresh data directory, before an owner exists', async () => {
    const added = await headwater('site', 'add', '--name', 'Shop', '--domain=Shop.example.com', '--json');
    assert.deepEqual([added.code, added.out.length, added.err.length], [0, 1, 0]);
    assert.deepEqual(Object.keys(added.json()), ['id']);
    const site = await records.sites.get(added.json().id);
    assert.deepEqual([site?.domain, site?.timezone, site?.currency], ['shop.example.com', 'UTC', 'usd']);
    const listed = await headwater('site', 'list', '--json');
    assert.equal(listed.json().sites[0].id, added.json().id);
  });

  it('makes a key whose hash is stored, with all scopes of that site unless told otherwise', async () => {
    const site = await addSite();
    const { code, out, json } = await headwater('key', 'add', '--site', site, '--json');
    assert.deepEqual([code, out.length], [0, 1]);
    const stored = await records.keys.byHash(createHash('sha256').update(json().key).digest('hex'));
    assert.deepEqual([stored?.site, stored?.scopes], [site, ['read', 'collect', 'write']]);
    const narrow = await headwater('key', 'add', '--site', site, '--scopes', 'collect', '--json');
    const hash = createHash('sha256').update(narrow.json().key).digest('hex');
    assert.deepEqual((await records.keys.byHash(hash))?.scopes, ['collect']);
  });

  it('connects Stripe: 0 for verified and unverified, 1 with its reason when Stripe refuses', async () => {
    const site = await addSite();
    const connect = () => headwater('stripe', 'connect', '--site', site, '--key', 'rk_test_1', '--json');
    for (const status of ['verified', 'unverified'] as const) {
      const result: Connected = { id: 'c1', account: null, livemode: false, status };
      connected = async () => result;
      const done = await connect();
      assert.equal(done.code, 0);
      assert.deepEqual(done.json(), result);
    }
    connected = () => Promise.reject(new Error('Stripe refused the key: Invalid API Key provided'));
    const refused = await connect();
    assert.equal(refused.code, 1);
    assert.match(refused.err.join('\n'), /^headwater: Stripe refused the key: Invalid API Key provided$/);
  });

  it('says what stops working without a permission that the key lacks, and which connections there are', async () => {
    const site = await addSite();
    const unset = { statusReason: null, sealedKey: null, keyHint: null, checkedAt: null };
    const row = { site, account: 'acct_1', mode: 'test' as const, status: 'verified' as const, ...unset };
    const { id } = await records.connections.add(row, now());
    const answers = { rak_event_read: 'missing' as const, rak_charge_read: 'granted' as const };
    await records.connections.update(id, { permissions: { checkedAt: now(), answers } });
    connected = async () => ({ id, account: 'acct_1', livemode: false, status: 'verified' });
    const byKey = await headwater('stripe', 'connect', '--site', site, '--key', 'rk_test_1');
    assert.deepEqual(byKey.err, ['The key lacks Events (rak_event_read): lost webhooks stay lost.']);
    const bySecret = await headwater('stripe', 'connect', '--site', site, '--webhook-secret', 'whsec_1');
    assert.deepEqual(bySecret.err, ['The webhook secret is stored; others in use stay valid.']);
    const wrong = await headwater('stripe', 'disconnect', '--site', site, '--connection', 'nope');
    assert.equal(wrong.code, 1);
    assert.ok(wrong.err[0]!.endsWith(`has no connection "nope"; it has ${id} (acct_1, test)`), wrong.err[0]);
  });

  it('prints a link for a further member', async () => {
    const { code, json } = await headwater('member', 'add', '--json');
    assert.equal(code, 0);
    assert.match(json().url, /^http:\/\/localhost:1323\/setup\?token=[\w-]{43}$/);
  });

  it('queues a recompute and follows it until every payment is credited', async () => {
    const site = await addSite();
    const following = headwater('recompute', '--site', site, '--json');
    for (let job = null; job === null; await new Promise((resolve) => setTimeout(resolve, 10))) {
      job = await records.jobs.claim('test', now(), 60_000);
      if (!job) continue;
      assert.deepEqual([job.kind, job.args], ['recompute', { site }]);
      await records.jobs.progress(job, { requested: 7, afterId: 'ch_7' }, now() + 60_000);
      await records.jobs.finish(job, null);
    }
    const { code, json } = await following;
    assert.equal(code, 0);
    assert.deepEqual(json(), { sites: 1, payments: 7 });
  });

  it('refuses wrong usage with 2, a failure with 1, each with one clear line', async () => {
    const cases: [string[], number, RegExp][] = [
      [[], 2, /name a command: serve, /],
      [['sites'], 2, /there is no command "sites"; they are serve, /],
      [['site'], 2, /there is no command "site"/],
      [['site', 'add', '--name', 'A'], 2, /--domain is missing/],
      [['site', 'add', '--name', 'A', '--domain', 'com'], 2, /--domain: "com" is not a site's host name/],
      [['site', 'add', '--name', 'A', '--domain', 'a.com', '--timezone', 'Berlin'], 2, /--timezone: .*IANA/],
      [['site', 'add', '--name', 'A', '--domain', 'a.com', '--currency', 'dollar'], 2, /--currency: /],
      [['site', 'add', '--name', 'A', '--name', 'B', '--domain', 'a.com'], 2, /--name is given twice/],
      [['site', 'add', '--nmae', 'A'], 2, /Unknown option '--nmae'/],
      [['site', 'add', 'example.com'], 2, /Unexpected argument 'example\.com'/],
      [['key', 'add', '--site', 'x', '--scopes', 'all'], 2, /--scopes: "all" is not a scope/],
      [['key', 'add', '--site', 'nosuch'], 1, /--site: there is no site "nosuch"/],
      [['stripe', 'connect', '--site', 'x'], 2, /--key is missing/],
      [['stripe', 'connect', '--site', 'nosuch', '--key', 'rk_test_1'], 1, /there is no site "nosuch"/],
      [['recompute', '--site', 'nosuch'], 1, /there is no site "nosuch"/],
    ];
    for (const [argv, code, line] of cases) {
      const { err, out, ...result } = await headwater(...argv, '--json');
      assert.deepEqual([result.code, err.length, out.length], [code, 1, 1], argv.join(' '));
      assert.match(err[0]!, line);
      assert.ok(result.json().error.message);
    }
  });

  it('explains itself', async () => {
    const all = await headwater('--help');
    assert.equal(all.code, 0);
    for (const { name } of COMMANDS) assert.match(all.out[0]!, new RegExp(`headwater ${name} `));
    assert.match((await headwater('site', 'add', '--help')).out[0]!, /--domain DOMAIN/);
    assert.doesNotMatch((await headwater('site', '--help')).out[0]!, /stripe connect/);
    assert.deepEqual((await headwater('serve', '--json')).json(), { url: 'http://localhost:1323' });
  });
});

describe('the process', () => {
  it('exits with the code and keeps stdout to one line', async () => {
    const entry = fileURLToPath(new URL('./headwater.mjs', import.meta.url));
    const failed = await promisify(execFile)(process.execPath, [entry, 'site', 'add', '--json']).catch(
      (error) => error,
    );
    assert.equal(failed.code, 2);
    assert.equal(failed.stderr, 'headwater: --name is missing (see headwater --help)\n');
    assert.equal(JSON.parse(failed.stdout).error.code, 'usage');
  });
});
