import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openRecords } from '../storage/records/open.ts';
import { createRatesFeed, feedState } from './rates-feed.ts';

const log = { info() {}, warn() {}, error() {} };
const NOW = Date.parse('2026-11-21T06:00:00Z');
const HOUR_MS = 3_600_000;
let directory: string;
let records: ReturnType<typeof openRecords>;
let answer: (response: ServerResponse) => void;
let asked = 0;
let authorized: string | undefined;
const server = createServer((request, response) => {
  asked += 1;
  authorized = request.headers.authorization;
  answer(response);
});
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/rates.csv`;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-feed-'));
  records = openRecords({ dataDir: directory, log });
  await records.migrate();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await records.close();
  await rm(directory, { recursive: true });
});

test('the feed is read at the start and once a day, and tried again when it fails', async () => {
  let nowMs = NOW;
  let booked = 0;
  const options = { bytesMax: 10_000, timeoutMs: 200 };
  const feed = createRatesFeed({
    records,
    url: url(),
    now: () => nowMs,
    log,
    onBooked: () => (booked += 1),
    ...options,
  });
  const turn = async (passedMs: number) => {
    nowMs += passedMs;
    const before = asked;
    assert.equal(await feed.runOnce(), false);
    return asked - before;
  };
  answer = (response) => response.end('Date,USD\n2026-11-20,1.0931\n');
  assert.deepEqual(await feedState(records.settings), { fetchedAt: null, error: null });
  assert.deepEqual([await turn(0), booked], [1, 1]);
  assert.deepEqual(await feedState(records.settings), { fetchedAt: NOW, error: null });
  assert.deepEqual(await records.rates.between('2026-11-20', '2026-11-20', ['usd']), [
    { day: '2026-11-20', base: 'eur', quote: 'usd', rate: '1.0931' },
  ]);
  const job = await records.jobs.claim('test', NOW, 1_000, { kinds: ['recredit'] });
  assert.deepEqual(job?.args, { from: '2026-11-20', to: '2026-11-20' });

  assert.equal(await turn(23 * HOUR_MS), 0);
  const failures: [fail: typeof answer, message: RegExp][] = [
    [(response) => response.writeHead(503).end(), /answered 503/],
    [(response) => response.end('<html>'), /no rates/],
    [(response) => response.end(`Date,USD\n${'x'.repeat(20_000)}`), /larger than 10000 bytes/],
    [(response) => void response.write('Date,USD\n'), /timeout/i],
    [(response) => response.destroy(), /fetch failed|terminated/],
  ];
  let passedMs = HOUR_MS;
  for (const [index, [fail, message]] of failures.entries()) {
    answer = fail;
    assert.equal(await turn(passedMs), 1, String(message));
    const state = await feedState(records.settings);
    assert.equal(state.fetchedAt, NOW);
    assert.match(state.error!, message);
    // After a minute at the latest, then two, four, …: half of it is left to chance.
    assert.equal(await turn(29_000 * 2 ** index), 0);
    passedMs = 31_000 * 2 ** index;
  }
  answer = (response) => response.end('Date,USD\n2026-11-20,1.0931\n');
  assert.deepEqual([await turn(passedMs), booked], [1, 1], 'nothing new, nothing to credit');
  assert.equal((await feedState(records.settings)).error, null);
});

test('an address with a user and a password is asked with them, and no message holds them', async () => {
  const said: unknown[] = [];
  const address = url().replace('http://', 'http://us%40er:s%3Acret@');
  const options = { info: (...it: unknown[]) => said.push(it), warn: (...it: unknown[]) => said.push(it), error() {} };
  answer = (response) => response.end('Date,USD\n2026-11-19,1.0930\n');
  await createRatesFeed({ records, url: address, now: () => NOW, log: options }).runOnce();
  assert.equal(authorized, `Basic ${btoa('us@er:s:cret')}`);
  assert.equal((await feedState(records.settings)).error, null);
  answer = (response) => response.writeHead(401).end();
  await createRatesFeed({ records, url: address, now: () => NOW, log: options }).runOnce();
  const state = JSON.stringify(await feedState(records.settings));
  assert.match(state, /answered 401/);
  assert.doesNotMatch(state + JSON.stringify(said), /cret/);
});
