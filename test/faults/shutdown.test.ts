// Ends and beginnings: SIGTERM, ports and directories that somebody else holds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startHeadwater, until } from '../headwater.ts';
import { NO_STRIPE, openMerchant } from '../merchant.ts';
import { ENTRY, runCli } from './cli.ts';
import { assertCountedOnce, engineOf, startLoad } from './load.ts';

const END_MS = 10_000;

describe('SIGTERM', { timeout: 100_000 }, () => {
  it('under load: drains, exits 0 in time, and loses nothing', async () => {
    await using headwater = await startHeadwater(NO_STRIPE);
    const shop = await openMerchant(headwater);
    const load = startLoad(shop);
    await until(() => load.hits() > 100, 'hits are acknowledged');
    const startedAt = Date.now();
    assert.equal(await headwater.stop(), 0);
    assert.ok(Date.now() - startedAt < END_MS, `${Date.now() - startedAt} ms`);
    await headwater.start();
    await load.finish();
    await assertCountedOnce(shop, load);
  });

  it('does not wait for a client that never finishes its request', async () => {
    await using headwater = await startHeadwater();
    const socket = connect(Number(new URL(headwater.url).port), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write('POST /api/event HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n{');
    await sleep(100);
    const startedAt = Date.now();
    assert.equal(await headwater.stop(), 0);
    assert.ok(Date.now() - startedAt < END_MS, `${Date.now() - startedAt} ms`);
    socket.destroy();
  });
});

describe('a log that nobody reads any more', { timeout: 60_000 }, () => {
  it('ends neither the server nor its draining', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headwater-pipe-'));
    const port = await freePort();
    const env = { PATH: process.env.PATH ?? '', HOST: '127.0.0.1', PORT: String(port), HEADWATER_DATA: dataDir };
    const server = spawn(process.execPath, [ENTRY, 'serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const isReady = async () => (await fetch(`http://localhost:${port}/readyz`)).ok;
    await until(isReady, 'the server to be ready');
    server.stderr.destroy();
    const engine = engineOf(server.pid!)!;
    process.kill(engine, 'SIGKILL');
    await until(async () => engineOf(server.pid!) !== engine && isReady(), 'it has logged a death and goes on');
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
    rmSync(dataDir, { recursive: true });
  });
});

describe('what somebody else holds', { timeout: 100_000 }, () => {
  it('a port is awaited, and named when it is not let go', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headwater-port-'));
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    const env = { HOST: '127.0.0.1', PORT: String(port), HEADWATER_DATA: dataDir, HEADWATER_LOG_LEVEL: 'error' };
    const refused = await runCli(['serve'], env);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`^headwater: PORT: ${port} is used by another program[^\\n]*\\n$`));

    const server = spawn(process.execPath, [ENTRY, 'serve'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    await sleep(3_000);
    assert.equal(server.exitCode, null, 'it waits');
    holder.close();
    await until(async () => (await fetch(`http://localhost:${port}/readyz`)).ok, 'it starts when the port is free');
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
    rmSync(dataDir, { recursive: true });
  });

  it('a second server on the same data directory is refused, whatever stores it has', async () => {
    await using headwater = await startHeadwater();
    const env = { HOST: '127.0.0.1', HEADWATER_DATA: headwater.dataDir, HEADWATER_LOG_LEVEL: 'error' };
    const second = async (more: Record<string, string>) =>
      runCli(['serve'], { ...env, PORT: String(await freePort()), ...more });
    // Its own stores would not tell: two servers would drain one spool twice.
    const outcomes = await Promise.all([second({}), second({ CLICKHOUSE_URL: 'http://127.0.0.1:1' })]);
    for (const { code, stderr } of outcomes) {
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^headwater: The data directory [^\n]+ is in use by another process\. Stop it, or [^\n]+\n$/,
      );
    }
    assert.equal((await fetch(`${headwater.url}/readyz`)).status, 200, 'the first one goes on');
  });
});
