import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestServer } from '../../test/http-server.ts';
import { RecordsUnavailable } from '../storage/records/records.ts';

const HIT = { method: 'POST', url: '/api/event', payload: '{}', headers: { 'content-type': 'text/plain' } } as const;

describe('collect', () => {
  it('answers 202 after the use case, with CORS and the reasons of what was dropped', async () => {
    const seen: unknown[] = [];
    const none = { drained: 0, duplicates: 0, rejected: 0, bots: new Map(), refused: new Map() };
    const at = await createTestServer({
      hits: { ...none, accepted: 7, handOvers: new Map(), dropped: new Map([['excluded', 2]]) },
      collect: async (request) => {
        seen.push({ body: request.body.toString(), keySite: request.keySite, address: request.address });
        return { status: 202, accepted: 2, dropped: { origin: 1, excluded: 2 } };
      },
    });
    const answer = await at.server.inject({ ...HIT, payload: '{"site":"x"}', remoteAddress: '192.0.2.1' });
    assert.equal(answer.statusCode, 202);
    assert.deepEqual(answer.json(), { accepted: 2 });
    assert.equal(answer.headers['x-headwater-dropped'], 'origin, excluded');
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.headers['access-control-allow-credentials'], undefined);
    assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
    assert.deepEqual(seen, [{ body: '{"site":"x"}', keySite: null, address: '192.0.2.1' }]);

    const preflight = await at.server.inject({ method: 'OPTIONS', url: '/api/event' });
    assert.equal(preflight.statusCode, 204);
    assert.match(preflight.headers['access-control-allow-headers'] as string, /content-type/);

    const gone = await at.server.inject({ ...HIT, payload: 'x'.repeat(1_048_577) });
    assert.equal(gone.statusCode, 413);
    const metrics = (await at.server.inject({ url: '/metrics' })).body;
    assert.match(metrics, /^headwater_hits_accepted_total 7$/m);
    assert.match(metrics, /^headwater_hits_dropped_total\{reason="excluded"\} 2$/m);
    assert.match(metrics, /^headwater_collect_refused_total\{code="too_large"\} 1$/m);
    assert.match(metrics, /^headwater_inbox_events\{state="pending"\} 0$/m);
    assert.match(metrics, /^headwater_store_up\{store="facts"\} 1$/m);
    const stranger = await at.server.inject({ url: '/metrics', remoteAddress: '203.0.113.9' });
    assert.equal(stranger.statusCode, 403);
    await at.close();
  });

  it('passes any content type and an empty body on, and refuses large or compressed ones', async () => {
    const at = await createTestServer({
      collect: async ({ body }) =>
        body.length > 0
          ? { status: 202, accepted: 1, dropped: {} }
          : { status: 400, code: 'bad_json', message: 'the body is empty; send JSON', field: 'body' },
    });
    for (const type of ['application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded']) {
      const answer = await at.server.inject({ ...HIT, headers: { 'content-type': type } });
      assert.equal(answer.statusCode, 202, type);
    }
    const empty = await at.server.inject({ method: 'POST', url: '/api/event' });
    assert.deepEqual(empty.json(), {
      error: { code: 'bad_json', message: 'the body is empty; send JSON', field: 'body' },
    });
    const large = await at.server.inject({ ...HIT, payload: 'x'.repeat(1_048_577) });
    assert.equal(large.statusCode, 413);
    assert.equal(large.headers['access-control-allow-origin'], '*');
    const packed = await at.server.inject({
      ...HIT,
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    });
    assert.equal(packed.statusCode, 415);
    await at.close();
  });

  it('takes server keys with the scope, and spares them and loopback the limit', async () => {
    const sites: (string | null)[] = [];
    const at = await createTestServer({
      collectPerMinute: 2,
      collect: async ({ keySite }) => {
        sites.push(keySite);
        return { status: 202, accepted: 1, dropped: {} };
      },
    });
    const site = await at.addSite();
    const good = await at.addKey(site.id);
    const from = (remoteAddress: string, authorization: Record<string, string> = {}) =>
      at.server.inject({ ...HIT, remoteAddress, headers: { ...HIT.headers, ...authorization } });

    for (let n = 0; n < 4; n += 1) assert.equal((await from('192.0.2.1', good)).statusCode, 202);
    for (let n = 0; n < 4; n += 1) assert.equal((await from('127.0.0.1')).statusCode, 202);
    assert.deepEqual(new Set(sites), new Set([site.id, null]));
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await from('192.0.2.1')).statusCode);
    assert.deepEqual(statuses, [202, 202, 429]);
    const limited = await from('192.0.2.1');
    assert.ok(Number(limited.headers['retry-after']) > 0);
    // Neighbours in a /64 are one customer; another address goes on.
    for (const address of ['2001:db8::1', '2001:db8::2']) assert.equal((await from(address)).statusCode, 202);
    assert.equal((await from('2001:db8::3')).statusCode, 429);

    assert.equal((await from('192.0.2.7', { authorization: 'Bearer hw_wrong' })).statusCode, 401);
    const reader = await at.addKey(site.id, ['read']);
    assert.equal((await from('192.0.2.7', reader)).statusCode, 403);
    const old = await at.addKey(site.id, ['collect'], Date.now() - 1);
    assert.equal((await from('127.0.0.1', old)).statusCode, 401);
    await at.close();
  });

  it('believes X-Forwarded-For of trusted proxies only', async () => {
    const addresses: string[] = [];
    const at = await createTestServer({
      collect: async ({ address }) => {
        addresses.push(address);
        return { status: 202, accepted: 1, dropped: {} };
      },
    });
    const headers = { ...HIT.headers, 'x-forwarded-for': '198.51.100.4' };
    await at.server.inject({ ...HIT, headers, remoteAddress: '127.0.0.1' });
    await at.server.inject({ ...HIT, headers, remoteAddress: '192.0.2.1' });
    assert.deepEqual(addresses, ['198.51.100.4', '192.0.2.1']);
    await at.close();
  });
});

describe('webhooks', () => {
  it('hands the bytes as sent, the site and the signature to the inbox', async () => {
    const seen: unknown[] = [];
    const at = await createTestServer({
      receiveWebhook: async ({ site, rawBody, signature }) => {
        seen.push([site, Buffer.from(rawBody).toString(), signature]);
        return signature
          ? { status: 200, code: 'stored', message: '' }
          : { status: 400, code: 'bad_signature', message: 'no' };
      },
    });
    const payload = '{ "id":"evt_1"  }';
    const headers = { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=a' };
    for (const url of ['/api/webhooks/stripe/s1', '/webhooks/stripe/s1', '/api/webhooks/stripe']) {
      assert.equal((await at.server.inject({ method: 'POST', url, payload, headers })).statusCode, 200);
    }
    assert.deepEqual(seen, [
      ['s1', payload, 't=1,v1=a'],
      ['s1', payload, 't=1,v1=a'],
      [null, payload, 't=1,v1=a'],
    ]);
    const unsigned = await at.server.inject({ method: 'POST', url: '/api/webhooks/stripe/s1', payload: '{}' });
    assert.equal(unsigned.json().error.code, 'bad_signature');
    const body = 'x'.repeat(1_048_577);
    const large = await at.server.inject({ method: 'POST', url: '/webhooks/stripe/s1', payload: body });
    assert.equal(large.statusCode, 413);
    await at.close();
  });

  it('never answers 2xx for what was not taken: Stripe repeats it', async () => {
    const at = await createTestServer({
      receiveWebhook: async ({ site }) => {
        throw site === 's1' ? new RecordsUnavailable('the store is down') : new Error('a bug');
      },
    });
    const post = (site: string) =>
      at.server.inject({ method: 'POST', url: `/api/webhooks/stripe/${site}`, payload: '{}' });
    const down = await post('s1');
    assert.deepEqual([down.statusCode, down.headers['retry-after'] !== undefined], [503, true]);
    assert.equal((await post('s2')).statusCode, 500);
    await at.close();
  });
});
