// `kill -9` at moments nobody chose: nothing acknowledged is lost, nothing repeated is doubled.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { NO_STRIPE, openMerchant } from '../merchant.ts';
import type { Merchant } from '../merchant.ts';
import { ENTRY } from './cli.ts';
import { assertCountedOnce, engineOf, startLoad } from './load.ts';

const ROUNDS = 4;

describe('kill -9 of the server under hits and webhooks', { timeout: 110_000 }, () => {
  let headwater: Headwater;
  let shop: Merchant;
  before(async () => {
    headwater = await startHeadwater(NO_STRIPE);
    shop = await openMerchant(headwater);
  });
  after(() => headwater?.[Symbol.asyncDispose]());

  it('counts everything that was acknowledged exactly once', async () => {
    const load = startLoad(shop);
    for (let round = 0; round < ROUNDS; round += 1) {
      const seen = load.hits();
      await until(() => load.hits() > seen + 20, 'hits are acknowledged');
      await sleep(Math.random() * 1_200);
      await headwater.kill();
      await headwater.start();
    }
    await load.finish();
    assert.ok(load.hits() > 100 && load.webhooks() > 20, `${load.hits()} hits, ${load.webhooks()} webhooks`);
    await assertCountedOnce(shop, load);
    // A payment is booked before it is credited, and credited again when its visitor's hit comes late.
    await until(async () => {
      const { totals } = await shop.report({ metrics: 'revenue,coverage' });
      assert.equal(totals.coverage, 1);
      return true;
    }, 'every payment finds its visitor, however late the hit came');
    const payments = await shop.payments();
    for (const { id, gross } of payments) assert.equal(gross, 100 + Number(id.slice('ch_n'.length)), id);
  });
});

describe('kill -9 during the first start', { timeout: 60_000 }, () => {
  it('leaves nothing that the next start cannot finish', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headwater-first-'));
    for (const afterMs of [400, 800, 1_300]) {
      const env = { ...process.env, HOST: '127.0.0.1', PORT: String(await freePort()), HEADWATER_DATA: dataDir };
      const server = spawn(process.execPath, [ENTRY, 'serve'], { env, stdio: 'ignore' });
      await sleep(afterMs + Math.random() * 300);
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    await using headwater = await startHeadwater({ ...NO_STRIPE, HEADWATER_DATA: dataDir });
    const shop = await openMerchant(headwater);
    await shop.hit({ visitor: 'first' });
    await until(async () => (await shop.report({ metrics: 'pageviews' })).totals.pageviews === 1, 'a report');
    await headwater.stop();
    rmSync(dataDir, { recursive: true });
  });
});

describe('kill -9 of the embedded facts store under hits and webhooks', { timeout: 110_000 }, () => {
  it('is not noticed by senders; readiness recovers; everything is counted once', async () => {
    await using headwater = await startHeadwater(NO_STRIPE);
    const shop = await openMerchant(headwater);
    const load = startLoad(shop);
    const server = headwater.pid();
    let sawDown = false;
    for (let round = 0; round < ROUNDS; round += 1) {
      const seen = load.hits();
      await until(() => load.hits() > seen + 50, 'hits are acknowledged');
      const engine = engineOf(server);
      assert.ok(engine, 'the server has an engine');
      process.kill(engine, 'SIGKILL');
      await until(async () => {
        const answer = await fetch(`${headwater.url}/readyz`);
        const { stores } = (await answer.json()) as { stores: Record<string, string> };
        assert.deepEqual([stores.records, stores.spool], ['ok', 'ok']);
        if (answer.status === 503) {
          sawDown = true;
          assert.equal(stores.facts, 'down');
          assert.equal(answer.headers.get('retry-after'), '5');
        }
        return answer.ok && engineOf(server) !== engine;
      }, 'the server to be ready again');
    }
    await load.finish();
    assert.equal(headwater.pid(), server);
    assert.deepEqual(load.refusals(), [], 'collect and webhooks went on');
    assert.ok(sawDown, 'readiness told that the facts store was away');
    await assertCountedOnce(shop, load);
  });
});
