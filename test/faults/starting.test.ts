// What happens before there is a server: a port that the system chooses, and a signal that comes too early.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHeadwater, until } from '../headwater.ts';
import { NO_STRIPE, openMerchant } from '../merchant.ts';
import { charge, eventOf } from '../stripe-events.ts';
import { ENTRY, runCli } from './cli.ts';

/** It takes a third of a second on an idle machine; on a busy one a start takes longer than this, and so does its wait for a lock. */
const ENDS_WITHIN_MS = 5_000;
function serve(dataDir: string, env: Record<string, string> = {}) {
  const settings = { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: '0', HEADWATER_DATA: dataDir, ...env };
  return spawn(process.execPath, [ENTRY, 'serve', '--json'], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('PORT=0', { timeout: 60_000 }, () => {
  it('is one port wherever the address is named', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headwater-port-'));
    const server = serve(dataDir);
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    try {
      assert.match(url, /^http:\/\/localhost:[1-9]\d*$/);
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      const env = { HEADWATER_DATA: dataDir };
      const words = 'site add --name Shop --domain shop.example --json'.split(' ');
      const { id: site } = JSON.parse((await runCli(words, env)).stdout) as { id: string };
      const { key } = JSON.parse((await runCli(['key', 'add', '--site', site, '--json'], env)).stdout);
      const ask = async (path: string) =>
        (await fetch(`${url}/api/v1/sites/${site}${path}`, { headers: { authorization: `Bearer ${key}` } })).json();
      assert.ok((await ask('/status')).snippet.includes(`src="${url}/hw.js"`));
      assert.equal((await ask('/stripe')).webhook_url, `${url}/api/webhooks/stripe/${site}`);
    } finally {
      server.kill('SIGTERM');
      assert.deepEqual(await once(server, 'exit'), [0, null]);
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('SIGTERM while starting', { timeout: 120_000 }, () => {
  for (const afterMs of [0, 50, 150, 300, 600]) {
    it(`after ${afterMs} ms: ends in time with 0, and the next start works`, async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'headwater-early-'));
      const server = serve(dataDir);
      let told = '';
      server.stderr.on('data', (text) => (told += text));
      await until(() => existsSync(join(dataDir, 'secret')), 'the settings to be read');
      await sleep(afterMs);
      const toldAt = Date.now();
      server.kill('SIGTERM');
      assert.deepEqual(await once(server, 'exit'), [0, null], told);
      assert.ok(Date.now() - toldAt < ENDS_WITHIN_MS, `${Date.now() - toldAt} ms: ${told}`);
      const again = serve(dataDir);
      await once(again.stdout, 'data');
      again.kill('SIGTERM');
      assert.deepEqual(await once(again, 'exit'), [0, null]);
      rmSync(dataDir, { recursive: true });
    });
  }

  it('while the directory is still held by another process', async () => {
    await using other = await startHeadwater();
    const server = serve(other.dataDir);
    let told = '';
    server.stderr.on('data', (text) => (told += text));
    await sleep(1_500);
    assert.equal(server.exitCode, null, told);
    const toldAt = Date.now();
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null], told);
    assert.ok(Date.now() - toldAt < ENDS_WITHIN_MS, `${Date.now() - toldAt} ms`);
    await until(async () => (await fetch(`${other.url}/readyz`)).ok, 'the other one is untouched');
  });
});

it('--version says the version, with --json too', async () => {
  assert.match((await runCli(['--version'], {})).stdout, /^\d+\.\d+\.\d+\n$/);
  assert.match((await runCli(['--version', '--json'], {})).stdout, /^\{"version":"\d+\.\d+\.\d+"\}\n$/);
});

describe('a facts store that was lost', { timeout: 60_000 }, () => {
  it('is named at the start, and nothing is credited again from it', async () => {
    await using headwater = await startHeadwater(NO_STRIPE);
    const shop = await openMerchant(headwater);
    await shop.hit({ visitor: 'v1', tags: 'utm_source=google' });
    const created = Math.floor(Date.now() / 1_000) + 1;
    const paid = charge({ name: 'a', amount: 2_000, created, metadata: { hw_visitor_id: 'v1' } });
    await shop.deliver(eventOf('charge.succeeded', paid, { created }));
    const source = async () => (await shop.payment('ch_a')).source;
    const revenue = async () =>
      (await shop.report({ metrics: 'revenue', dimensions: 'source' })).rows.map(
        (row) => `${row.source} ${row.revenue}`,
      );
    await until(async () => (await source()) === 'google', 'the payment to be credited');
    await headwater.stop();
    assert.doesNotMatch(headwater.said(), /facts store holds/);

    rmSync(join(headwater.dataDir, 'facts'), { recursive: true });
    await headwater.start();
    const told = /the facts store holds neither visits nor credits of shop\.test: was it lost/;
    await until(() => told.test(headwater.said()), 'the loss to be told');
    const { error } = await headwater.failing<{ error: { message: string } }>('recompute', '--site', shop.site);
    assert.match(error.message, /^recompute: the facts store holds no visit of this site/);
    assert.equal(await source(), 'google');
    await until(async () => (await revenue()).includes('google 2000'), 'what was credited to be written again');
  });
});
