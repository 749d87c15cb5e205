// The server SDK against a real Headwater, on both records stores: events, and money that other providers took.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createHeadwater, HeadwaterError } from '../../sdk/src/server.ts';
import type { HeadwaterServer, OutsidePayment } from '../../sdk/src/server.ts';
import type { PaymentAnswer, PaymentDetailAnswer, ReportAnswer } from '../../src/http/contract.ts';
import type { IdentityAnswer } from '../../src/http/contract-identity.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { startPostgres } from '../postgres.ts';
import type { Postgres } from '../postgres.ts';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const AT = new Date(Date.now() - 5_000);
const order = (id: string, rest: Partial<OutsidePayment> = {}): OutsidePayment => ({
  ...{ id, amount: 4_999, currency: 'USD', occurredAt: AT, ...rest },
});

for (const engine of ['SQLite', 'PostgreSQL']) {
  describe(`server SDK, ${engine}`, () => {
    let postgres: Postgres | null = null;
    let headwater: Headwater;
    let site: string;
    let key: string;
    let sdk: HeadwaterServer;

    before(async () => {
      postgres = engine === 'PostgreSQL' ? await startPostgres() : null;
      headwater = await startHeadwater(postgres ? { DATABASE_URL: await postgres.newDatabase() } : {});
      ({ id: site } = await headwater.command<{ id: string }>(
        'site',
        'add',
        '--name',
        'Shop',
        '--domain',
        'shop.test',
      ));
      ({ key } = await headwater.command<{ key: string }>('key', 'add', '--site', site));
      sdk = createHeadwater({ host: `${headwater.url}/`, site, key });
    });
    after(async () => {
      await headwater?.[Symbol.asyncDispose]();
      await postgres?.stop();
    });

    const api = <T>(path: string) => headwater.get<T>(`/api/v1/sites/${site}/${path}`, key);
    const requestOf = (visitor: string) =>
      new Request('https://shop.test/', { headers: { cookie: `zori_visitor_id=${visitor}`, 'user-agent': BROWSER } });
    const land = (visitor: string, source: string) =>
      sdk.track(
        requestOf(visitor),
        'pageview',
        {},
        { at: +AT - 60_000, url: `https://shop.test/?utm_source=${source}` },
      );
    const credited = (id: string, visitor: string) =>
      until(async () => {
        const payment = await api<PaymentDetailAnswer>(`payments/${id}`);
        if (payment.visitor_id !== visitor) throw new Error(JSON.stringify(payment));
        return payment;
      }, `${id} to be credited to ${visitor}`);
    const refused = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => assert.fail('it was not refused'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof HeadwaterError, String(error));
      return `${error.status} ${error.code}`;
    };

    it('books a payment with its visitor, once for its id, and refuses other content', async () => {
      await land('ann', 'google');
      const payment = order('pp:1', { visitor: requestOf('ann'), kind: 'subscription_start' });
      assert.deepEqual(await sdk.payment(payment), { id: 'pp:1', created: true });
      assert.deepEqual(await sdk.payment({ ...payment, currency: 'usd' }), { id: 'pp:1', created: false });
      for (const change of [
        { amount: 5_000 },
        { currency: 'eur' },
        { occurredAt: new Date(+AT - 1) },
        { customer: 'c' },
      ]) {
        assert.equal(await refused(sdk.payment({ ...payment, ...change })), '409 other_content');
      }
      assert.equal(await refused(sdk.payment({ ...payment, mode: 'test' })), '409 other_content');
      const shown = await credited('pp:1', 'ann');
      assert.deepEqual(
        [shown.kind, shown.currency, shown.gross, shown.revenue, shown.source, Date.parse(shown.occurred_at)],
        ['subscription_start', 'usd', 4_999, 4_999, 'google', +AT],
      );
      assert.deepEqual(
        shown.entries.map(({ id, kind, amount }) => [id, kind, amount]),
        [['pp:1', 'charge', 4_999]],
      );
      assert.deepEqual(
        shown.links.map(({ object, field, value, used }) => [object, field, value, used]),
        [['pp:1', 'visitor_id', 'ann', true]],
      );
      assert.deepEqual(shown.credits.first_touch, [4_999]);
    });

    it('finds the visitor by the customer’s app_id, also when it is told later', async () => {
      await land('bob', 'newsletter');
      await sdk.payment(order('pp:2', { customer: 'user-7' }));
      await sdk.identify(requestOf('bob'), { app_id: 'user-7' }, { at: +AT - 30_000 });
      const shown = await credited('pp:2', 'bob');
      assert.deepEqual(
        shown.links.map(({ field, value, used }) => [field, value, used]),
        [['customer', 'user-7', true]],
      );
      assert.equal(shown.customer, 'user-7');
    });

    it('keeps money of nobody, with the reason, and reports add up', async () => {
      await sdk.payment(order('pp:3'));
      await sdk.payment(order('pp:4', { visitor: { visitor: 'undefined' } }));
      const reasons = await until(async () => {
        const { payments } = await api<{ payments: PaymentAnswer[] }>('payments');
        const found = payments.filter(({ id, reason }) => /pp:[34]/.test(id) && reason !== 'pending');
        return found.length === 2 && Object.fromEntries(found.map(({ id, reason }) => [id, reason]));
      }, 'both to be judged');
      assert.deepEqual(reasons, { 'pp:3': 'no_visitor_id', 'pp:4': 'malformed_visitor_id' });
      const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
      const range = `from=${day(+AT - 86_400_000)}&to=${day(Date.now() + 86_400_000)}`;
      const rows = await until(async () => {
        const report = await api<ReportAnswer>(`report?metrics=revenue&dimensions=source&${range}`);
        assert.equal(report.mode, 'live');
        const bySource = Object.fromEntries(report.rows.map(({ source, revenue }) => [source, revenue]));
        return Object.keys(bySource).length === 3 && report.totals.revenue === 4 * 4_999 && bySource;
      }, 'the report');
      assert.deepEqual(rows, { google: 4_999, newsletter: 4_999, '(unattributed)': 2 * 4_999 });
    });

    it('is one payment when told many times at once', async () => {
      const tell = (amount: number) =>
        sdk.payment(order('pp:9', { amount })).then(
          ({ created }) => (created ? 'created' : 'known'),
          (error: HeadwaterError) => error.code,
        );
      const same = await Promise.all(Array.from({ length: 8 }, () => tell(100)));
      assert.deepEqual(same.toSorted(), ['created', ...Array.from({ length: 7 }, () => 'known')]);
      const others = await Promise.all([tell(100), tell(200), tell(300)]);
      assert.deepEqual(others, ['known', 'other_content', 'other_content']);
      const { entries } = await api<PaymentDetailAnswer>('payments/pp:9');
      assert.deepEqual(
        entries.map(({ id, amount }) => [id, amount]),
        [['pp:9', 100]],
      );
    });

    it('loses its visitor when a person rejects the link, and gets it back', async () => {
      const { links } = await api<IdentityAnswer>('payments/pp:1/identity');
      const link = links.find(({ field }) => field === 'visitor_id')!;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const say = async (verdict: string, body: object) => {
        const answer = await headwater.post(`/api/v1/sites/${site}/links/${link.id}/${verdict}`, body, headers);
        assert.equal(answer.status, 200, await answer.text());
      };
      await say('reject', { payment: 'pp:1', why: 'a friend’s computer' });
      await until(async () => (await api<PaymentAnswer>('payments/pp:1')).reason === 'link_rejected', 'the rejection');
      await say('reinstate', {});
      await credited('pp:1', 'ann');
    });

    it('is refused, with the field, for what is no payment', async () => {
      const good = { id: 'x1', amount: 1, currency: 'usd', occurred_at: AT.toISOString() };
      const rows: [field: string, change: object][] = [
        ['id', { id: '' }],
        ['id', { id: 'a b' }],
        ['id', { id: 'x'.repeat(129) }],
        ['id', { id: 'ch_3abc' }],
        ['id', { id: 'pi_3abc' }],
        ['amount', { amount: 0 }],
        ['amount', { amount: -5 }],
        ['amount', { amount: 1.5 }],
        ['amount', { amount: '100' }],
        ['amount', { amount: 1e15 }],
        ['currency', { currency: 'dollars' }],
        ['currency', { currency: undefined }],
        ['occurred_at', { occurred_at: 'yesterday' }],
        ['occurred_at', { occurred_at: '2026-11-01T10:00:00' }],
        ['occurred_at', { occurred_at: '1999-12-31T23:59:59Z' }],
        ['occurred_at', { occurred_at: new Date(Date.now() + 7_200_000).toISOString() }],
        ['visitor_id', { visitor_id: 'x'.repeat(501) }],
        ['customer', { customer: { id: 1 } }],
        ['kind', { kind: 'off_stripe' }],
        ['mode', { mode: 'sandbox' }],
      ];
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const before = await api<{ payments: unknown[] }>('payments');
      for (const [field, change] of rows) {
        const answer = await headwater.post(`/api/v1/sites/${site}/payments`, { ...good, ...change }, headers);
        const { error } = (await answer.json()) as { error?: { field: string; message: string } };
        assert.deepEqual([answer.status, error?.field], [400, field], JSON.stringify(change));
        assert.ok(error!.message.startsWith(`${field}: `), error!.message);
      }
      assert.deepEqual(await api('payments'), before);
      assert.equal(await refused(sdk.payment(order('x1', { occurredAt: 'yesterday' }))), '400 invalid');
    });

    it('counts once what is sent again after a lost answer, and waits as long as it is told', async () => {
      const gate = await openGate(headwater.url);
      const viaGate = createHeadwater({ host: gate.url, site, key });
      gate.plan.push('lost', 'busy');
      const startedAt = performance.now();
      assert.deepEqual(await viaGate.payment(order('pp:5')), { id: 'pp:5', created: false });
      assert.ok(performance.now() - startedAt >= 1_000, 'Retry-After was not waited for');
      assert.equal(gate.seen(), 3);
      // Whole seconds: two from now is more than one away.
      gate.plan.push('busy until');
      const againAt = performance.now();
      await viaGate.track({ visitor: 'ann' }, 'x');
      assert.ok(performance.now() - againAt >= 1_000, 'Retry-After as a date was not waited for');
      gate.plan.push('other');
      assert.equal(await refused(viaGate.track({ visitor: 'ann' }, 'x')), '200 failed', 'a page is no answer');
      gate.plan.push('busy');
      const impatient = createHeadwater({ host: gate.url, site, key, retries: 0 });
      assert.equal(await refused(impatient.payment(order('pp:6'))), '503 unavailable');
      await gate.close();
      assert.equal(await refused(impatient.payment(order('pp:6'))), '0 unreachable');
      const circle: Record<string, unknown> = {};
      circle.own = circle;
      assert.equal(await refused(impatient.track({ visitor: 'ann' }, 'x', circle)), '0 invalid');
      assert.equal(await refused(impatient.track({ visitor: 'ann' }, 'x', { big: 1n })), '0 invalid');
    });

    it('tells at once what a key may not', async () => {
      const { key: reading } = await headwater.command<{ key: string }>(
        'key',
        'add',
        '--site',
        site,
        '--scopes',
        'read',
      );
      const limited = createHeadwater({ host: headwater.url, site, key: reading });
      const startedAt = performance.now();
      assert.equal(await refused(limited.payment(order('pp:7'))), '403 missing_scope');
      assert.equal(await refused(limited.track({ visitor: 'ann' }, 'x')), '403 missing_scope');
      assert.equal(
        await refused(createHeadwater({ host: headwater.url, site, key: 'hw_no' }).payment(order('pp:7'))),
        '401 bad_key',
      );
      assert.ok(performance.now() - startedAt < 5_000, 'a refusal was tried again');
    });
  });
}

/** A proxy that loses answers, is busy or answers with a page of its own, as planned; then it behaves. */
async function openGate(target: string) {
  const plan: ('lost' | 'busy' | 'busy until' | 'other')[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      count += 1;
      const step = plan.shift();
      const body = '{"error":{"code":"unavailable","message":"busy"}}';
      if (step === 'busy') return void response.writeHead(503, { 'retry-after': '1' }).end(body);
      const soon = new Date(Date.now() + 2_000).toUTCString();
      if (step === 'busy until') return void response.writeHead(503, { 'retry-after': soon }).end(body);
      if (step === 'other') return void response.end('<!doctype html>');
      const headers = { 'content-type': 'application/json', authorization: request.headers.authorization! };
      const answer = await fetch(target + request.url!, { method: 'POST', headers, body: Buffer.concat(chunks) });
      const text = await answer.text();
      if (step === 'lost') request.socket.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan,
    seen: () => count,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
