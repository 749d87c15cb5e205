import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createTestServer } from '../../test/http-server.ts';
import { createClientAddress } from './client-address.ts';
import type { CollectRequest, CollectResult } from './deps.ts';

const HIT = { 'content-type': 'text/plain;charset=UTF-8' };
const RESULTS: Record<string, CollectResult> = {
  kept: { status: 202, accepted: 3, dropped: {} },
  dropped: { status: 202, accepted: 1, dropped: { origin: 1, excluded: 2 } },
  bad: { status: 400, code: 'invalid_site', message: '"site" is missing: é', field: 'site' },
  full: { status: 503, code: 'spool_full', message: 'nothing was kept', retryAfterS: 30 },
};

/** The use case answers what the body names, and says what it was asked. */
async function start(asked: CollectRequest[] = []) {
  const at = await createTestServer({
    collectPerMinute: 3,
    collect: async (request) => {
      asked.push(request);
      const found = RESULTS[request.body.toString()];
      if (!found) throw new TypeError('nobody expected this');
      return found;
    },
  });
  const url = await at.server.listen({ port: 0, host: '127.0.0.1' });
  return { at, url };
}
const OF_THE_CONNECTION = ['date', 'connection', 'keep-alive', 'content-length'];
const comparable = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));

test('a hit is answered as the route of the same address would', async () => {
  const asked: CollectRequest[] = [];
  const { at, url } = await start(asked);
  const headers = { ...HIT, origin: 'https://shop.example.com', 'user-agent': 'agent' };
  for (const body of [...Object.keys(RESULTS), 'unexpected']) {
    const answer = await fetch(`${url}/api/event`, { method: 'POST', body, headers });
    const routed = await at.server.inject({ method: 'POST', url: '/api/event', payload: body, headers });
    const got = await answer.text();
    assert.equal(answer.status, routed.statusCode, body);
    assert.deepEqual(comparable(Object.fromEntries(answer.headers)), comparable(routed.headers), body);
    if (body === 'unexpected') assert.equal(JSON.parse(got).error.code, routed.json().error.code);
    else assert.equal(got, routed.body);
  }
  const [door, route] = asked as [CollectRequest, CollectRequest];
  assert.deepEqual([door.address, door.keySite], [route.address, route.keySite]);
  assert.equal(door.headers['user-agent'], 'agent');
  const metrics = (await at.server.inject({ url: '/metrics' })).body;
  assert.match(metrics, /headwater_collect_refused_total\{code="failed"\} 2/, 'both ways count');
  await at.close();
});

test('what is no plain hit goes to the route', async () => {
  const { at, url } = await start();
  const ask = (init: RequestInit, path = '/api/event') => fetch(url + path, { method: 'POST', body: 'kept', ...init });
  const site = await at.addSite();
  const key = await at.addKey(site.id);
  assert.equal((await ask({ headers: { ...HIT, ...key } })).status, 202);
  assert.equal((await ask({ headers: { ...HIT, authorization: 'Bearer hw_wrong' } })).status, 401);
  assert.equal((await ask({ headers: { ...HIT, 'content-encoding': 'gzip' } })).status, 415);
  assert.equal((await ask({ headers: HIT, body: 'x'.repeat(1_048_577) })).status, 413);
  assert.equal((await ask({ headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 202);
  assert.equal((await ask({ method: 'OPTIONS', body: null })).status, 204);
  assert.equal((await ask({ method: 'GET', body: null })).status, 404);
  assert.equal((await ask({ headers: HIT }, '/api/event?x=1')).status, 202);
  await at.close();
});

test('both ways share one limit per address, behind a trusted proxy too', async () => {
  const { at, url } = await start();
  const from = async (address: string) => {
    const headers = { ...HIT, 'x-forwarded-for': `10.9.9.9, ${address}` };
    return (await fetch(`${url}/api/event`, { method: 'POST', body: 'kept', headers })).status;
  };
  const routed = async (remoteAddress: string) =>
    (await at.server.inject({ method: 'POST', url: '/api/event', payload: 'kept', headers: HIT, remoteAddress }))
      .statusCode;
  assert.deepEqual(
    [await from('192.0.2.1'), await routed('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')],
    [202, 202, 202, 429],
  );
  assert.equal(await routed('192.0.2.1'), 429);
  assert.equal(await from('192.0.2.2'), 202);
  await at.close();
});

test('a body in pieces is one body, and a sender that breaks off costs nothing', async () => {
  const asked: CollectRequest[] = [];
  const { at, url } = await start(asked);
  const port = Number(new URL(url).port);
  const head = 'POST /api/event HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n';
  const broken = connect(port, '127.0.0.1');
  broken.write(`${head}\r\nke`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  broken.destroy();
  const whole = connect(port, '127.0.0.1');
  whole.write(`${head}connection: close\r\n\r\nke`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  whole.write('pt');
  assert.match(await text(whole), /^HTTP\/1\.1 202 /);
  assert.equal(asked.length, 1);
  await at.close();
});

test('the address is the last one that no trusted proxy vouches for', () => {
  const address = createClientAddress(['loopback', '10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  const of = (remoteAddress: string, forwarded?: string) =>
    address.of({ socket: { remoteAddress } as never, headers: { 'x-forwarded-for': forwarded } });
  const cases: [remote: string, forwarded: string | undefined, expected: string][] = [
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::1', '198.51.100.1, 10.1.2.3', '198.51.100.1'],
    ['::ffff:127.0.0.1', '6.6.6.6, 198.51.100.1, 192.0.2.7', '198.51.100.1'],
    ['2001:db8::5', ' , 10.0.0.1,,10.0.0.2 ', '10.0.0.1'],
    ['127.0.0.1', 'unknown, 10.0.0.1', '10.0.0.1'],
    ['127.0.0.1', '1.1.1.1, <b>, 198.51.100.1:49152', '198.51.100.1'],
    ['127.0.0.1', '[2001:4860::1]:443', '2001:4860::1'],
    ['127.0.0.1', '6.6.6.6, 127.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '6.6.6.6,,127.0.0.1', '6.6.6.6'],
    ['127.0.0.1', '', '127.0.0.1'],
  ];
  for (const [remote, forwarded, expected] of cases) assert.equal(of(remote, forwarded), expected, `${forwarded}`);
});
