// The whole walk, from the command line to a payment's evidence, as one suite on every pair of stores.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PaymentDetailAnswer } from '../../src/http/contract.ts';
import { startHeadwater, until } from '../headwater.ts';
import type { Headwater } from '../headwater.ts';
import { NO_STRIPE, openMerchant } from '../merchant.ts';
import type { Merchant } from '../merchant.ts';
import { startPostgres } from '../postgres.ts';
import * as stripe from '../stripe-events.ts';
import { startProgram, temporaryDirectory } from './facts-engines.ts';

interface Stores {
  env: Record<string, string>;
  close(): Promise<void>;
}

const STORES: { name: string; open(): Promise<Stores> }[] = [
  { name: 'SQLite + embedded', open: async () => ({ env: {}, close: async () => {} }) },
  {
    name: 'PostgreSQL + embedded',
    async open() {
      const postgres = await startPostgres();
      return { env: { DATABASE_URL: await postgres.newDatabase() }, close: () => postgres.stop() };
    },
  },
  {
    name: 'SQLite + ClickHouse by URL',
    async open() {
      const directory = await temporaryDirectory();
      const { program, endpoint } = await startProgram(directory);
      const address = new URL(endpoint.url);
      address.username = endpoint.username;
      address.password = endpoint.password;
      return {
        env: { CLICKHOUSE_URL: address.href },
        async close() {
          program.kill('SIGTERM');
          await once(program, 'exit');
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  },
];

const DAY_S = 86_400;
/** Two seconds are promised; the machine of a test run is shared. */
const PROMISED_MS = 4_000;
const SETTLED_MS = 15_000;
const nowS = () => Math.floor(Date.now() / 1000);
const v = (visitor: string) => ({ hw_visitor_id: visitor });

for (const { name, open } of STORES) describe(name, () => spine(open));

function spine(open: () => Promise<Stores>) {
  let stores: Stores;
  let headwater: Headwater;
  let shop: Merchant;
  before(async () => {
    stores = await open();
    headwater = await startHeadwater({ ...NO_STRIPE, ...stores.env });
    shop = await openMerchant(headwater);
  });
  after(async () => {
    await headwater?.[Symbol.asyncDispose]();
    await stores?.close();
  });

  const visible = (what: string, check: () => Promise<void>, timeoutMs = SETTLED_MS) =>
    until(() => check().then(() => true), what, timeoutMs);
  const campaign = (value: string) => JSON.stringify([['campaign', 'is', [value]]]);

  it('connects although Stripe cannot be reached, and says so', () => {
    const { account, livemode, status } = shop.connected;
    assert.deepEqual({ account, livemode, status }, { account: null, livemode: false, status: 'unverified' });
  });

  it('shows a hit and six events of one payment as one visitor and one payment, with its evidence', async () => {
    await shop.hit({ visitor: 'six', tags: 'utm_source=google&utm_medium=cpc&utm_campaign=six' });
    const query = { metrics: 'visitors,customers,revenue', dimensions: 'source', filter: campaign('six') };
    await visible(
      'the hit in the report',
      async () => {
        assert.deepEqual((await shop.report(query)).rows, [
          { source: 'google', visitors: 1, customers: 0, revenue: 0 },
        ]);
      },
      PROMISED_MS,
    );
    const paid = { name: 'six', amount: 2000, created: nowS(), customer: 'cus_six', subscription: 'sub_six' };
    await shop.deliver(...stripe.sixEvents(paid, { attribu_visitor_id: 'six' }));
    await visible(
      'the payment in the report',
      async () => {
        const { rows, currency, mode } = await shop.report(query);
        assert.deepEqual(rows, [{ source: 'google', visitors: 1, customers: 1, revenue: 2000 }]);
        assert.deepEqual([currency, mode], ['usd', 'test']);
      },
      PROMISED_MS,
    );
    const listed = (await shop.payments()).filter(({ customer }) => customer === 'cus_six');
    assert.equal(listed.length, 1);
    const { id, kind, gross, revenue, reason, visitor_id: visitor, source } = listed[0]!;
    assert.deepEqual(
      { id, kind, gross, revenue, reason, visitor, source },
      {
        ...{ id: 'ch_six', kind: 'subscription_start', gross: 2000, revenue: 2000 },
        ...{ reason: null, visitor: 'six', source: 'google' },
      },
    );
    const detail = await shop.payment('ch_six');
    const used = detail.links.filter((link) => link.used).map(({ object, field, value }) => ({ object, field, value }));
    assert.deepEqual(used, [{ object: 'cs_test_six', field: 'metadata.attribu_visitor_id', value: 'six' }]);
    assert.deepEqual(
      detail.touchpoints.map(({ source: from, medium, campaign: of, channel, landing_page: page }) => [
        ...[from, medium, of, channel, page],
      ]),
      [['google', 'cpc', 'six', 'Paid Search', '/']],
    );
    assert.deepEqual(detail.credits.first_touch, [2000]);
  });

  it('books the same from duplicates in the reverse order', async () => {
    const tags = 'utm_source=bing&utm_campaign=order';
    for (const visitor of ['straight', 'reversed']) await shop.hit({ visitor, tags });
    const created = nowS();
    const events = (of: string) =>
      stripe.sixEvents(
        { name: of, amount: 4999, created, customer: `cus_${of}`, subscription: `sub_${of}` },
        { hw_session_id: 'unknown', hw_visitor_id: of },
      );
    await shop.deliver(...events('straight'));
    const backwards = events('reversed').reverse();
    await shop.deliver(...backwards.flatMap((event) => [event, event]), ...backwards);
    // Stripe occasionally tells one happening under two event ids.
    await shop.deliver({ ...backwards.at(-1)!, id: 'evt_another_id' });
    const outcome = async (of: string) =>
      JSON.parse(JSON.stringify(comparable(await shop.payment(`ch_${of}`))).replaceAll(of, 'X')) as object;
    await visible('both payments credited', async () => {
      assert.equal((await shop.payment('ch_reversed')).visitor_id, 'reversed');
      assert.equal((await shop.payment('ch_straight')).visitor_id, 'straight');
      assert.deepEqual(await outcome('reversed'), await outcome('straight'));
      const { totals } = await shop.report({ metrics: 'customers,revenue', filter: campaign('order') });
      assert.deepEqual(totals, { customers: 2, revenue: 9998 });
    });
  });

  it('credits a renewal to the source of the first payment', async () => {
    const start = nowS() - 2 * DAY_S;
    await shop.hit({ visitor: 'renewing', tags: 'utm_source=podcast&utm_campaign=renew', at: (start - 60) * 1000 });
    const subscription = { customer: 'cus_renew', subscription: 'sub_renew' };
    const first = { name: 'renew1', amount: 900, created: start, ...subscription };
    await shop.deliver(...stripe.sixEvents(first, v('renewing')));
    // The visitor comes back by another campaign; a renewal happens without them all the same.
    await shop.hit({ visitor: 'renewing', session: 'later', tags: 'utm_source=newsletter&utm_campaign=renew' });
    const second = { name: 'renew2', amount: 900, created: nowS(), ...subscription };
    await shop.deliver(
      stripe.eventOf('charge.succeeded', stripe.charge(second), second),
      stripe.eventOf('invoice.paid', stripe.invoice({ ...second, reason: 'subscription_cycle' }), second),
      stripe.eventOf('invoice_payment.paid', stripe.invoicePayment(second), second),
    );
    await visible('the renewal credited to the podcast', async () => {
      const query = { metrics: 'revenue', dimensions: 'source', filter: campaign('renew') };
      const { rows } = await shop.report(query);
      assert.deepEqual(
        rows.filter(({ revenue }) => revenue !== 0),
        [{ source: 'podcast', revenue: 1800 }],
      );
      const { kind, source } = await shop.payment('ch_renew2');
      assert.deepEqual([kind, source], ['subscription_renewal', 'podcast']);
    });
  });

  it('credits again when the link arrives late', async () => {
    await shop.hit({ visitor: 'late', tags: 'utm_source=x.com&utm_campaign=late' });
    const paid = { name: 'late', amount: 3100, created: nowS() };
    await shop.deliver(stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    await visible('the payment without a visitor', async () => {
      const { source, reason, credits } = await shop.payment('ch_late');
      assert.deepEqual([source, reason, credits], ['(unattributed)', 'no_visitor_id', {}]);
    });
    const session = stripe.checkoutSession(paid, v('late'));
    await shop.deliver(stripe.eventOf('checkout.session.completed', session, paid));
    await visible('the payment credited', async () => {
      const { source, reason, credits } = await shop.payment('ch_late');
      assert.deepEqual([source, reason, credits.last_touch], ['x.com', null, [3100]]);
      const { totals } = await shop.report({ metrics: 'revenue', filter: campaign('late') });
      assert.deepEqual(totals, { revenue: 3100 });
    });
  });

  it('credits again when the hit arrives late', async () => {
    const paid = { name: 'latehit', amount: 700, created: nowS(), metadata: v('latehit') };
    await shop.deliver(stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    await visible('the payment of an unseen visitor', async () => {
      assert.equal((await shop.payment('ch_latehit')).reason, 'visitor_never_seen');
    });
    await shop.hit({ visitor: 'latehit', tags: 'utm_source=qr&utm_campaign=latehit', at: Date.now() - 60_000 });
    await visible('the payment credited', async () => {
      assert.equal((await shop.payment('ch_latehit')).source, 'qr');
      assert.deepEqual((await shop.report({ metrics: 'revenue', filter: campaign('latehit') })).totals, {
        revenue: 700,
      });
    });
  });

  it('tells direct from unattributed, and says why', async () => {
    await shop.hit({ visitor: 'typed-it' });
    const created = nowS();
    const charges = [
      { name: 'direct', amount: 110, created, metadata: v('typed-it') },
      { name: 'stranger', amount: 220, created, metadata: v('nobody-saw-me') },
      { name: 'junk', amount: 330, created, metadata: v('undefined') },
      { name: 'bare', amount: 440, created },
    ];
    const send = (paid: stripe.Paid) => shop.deliver(stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    for (const paid of charges) await send(paid);
    await visible('four answers', async () => {
      const seen = await Promise.all(charges.map(({ name: of }) => shop.payment(`ch_${of}`)));
      assert.deepEqual(
        seen.map(({ source, reason }) => [source, reason]),
        [
          ['(direct)', null],
          ['(unattributed)', 'visitor_never_seen'],
          ['(unattributed)', 'malformed_visitor_id'],
          ['(unattributed)', 'no_visitor_id'],
        ],
      );
      const { rows } = await shop.report({ metrics: 'revenue', dimensions: 'source' });
      const of = (source: string) => rows.find((row) => row.source === source)?.revenue;
      assert.deepEqual([of('(direct)'), of('(unattributed)')], [110, 990]);
    });
  });

  it('keeps currencies apart, and 500 yen are 500', async () => {
    await shop.hit({ visitor: 'money', tags: 'utm_source=map&utm_campaign=money' });
    const created = nowS();
    for (const [currency, amount] of [
      ['usd', 100],
      ['eur', 250],
      ['jpy', 500],
    ] as const) {
      const paid = { name: `money${currency}`, amount, currency, created, metadata: v('money') };
      await shop.deliver(stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    }
    await visible('three currencies', async () => {
      const { totals, unconverted, currency } = await shop.report({ metrics: 'revenue', filter: campaign('money') });
      assert.deepEqual([currency, totals], ['usd', { revenue: 100 }]);
      assert.deepEqual(unconverted, { eur: { revenue: 250 }, jpy: { revenue: 500 } });
      const yen = await shop.payment('ch_moneyjpy');
      assert.deepEqual([yen.currency, yen.gross, yen.credits.linear], ['jpy', 500, [500]]);
    });
  });

  it('takes a refund back to 0 at each touchpoint', async () => {
    const landings = ['seo', 'mail', 'ads'];
    for (const [index, source] of landings.entries()) {
      const tags = `utm_source=${source}&utm_campaign=refund`;
      await shop.hit({ visitor: 'refunded', session: source, tags, at: Date.now() - (5 - index) * 3_600_000 });
    }
    const paid = { name: 'refunded', amount: 1000, created: nowS(), metadata: v('refunded') };
    const back = (id: string, amount: number) => {
      const object = stripe.refund(paid, { id, amount, created: paid.created });
      return stripe.eventOf('refund.created', object, paid);
    };
    const bySource = async () => {
      const { rows } = await shop.report({
        ...{ metrics: 'gross,refunded,revenue', dimensions: 'source', model: 'linear', filter: campaign('refund') },
      });
      return Object.fromEntries(
        rows.map(({ source, gross, refunded, revenue }) => [source, [gross, refunded, revenue]]),
      );
    };
    await shop.deliver(back('re_first', 400), stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    await visible('what is left after a partial refund', async () => {
      const { revenue, credits } = await shop.payment('ch_refunded');
      assert.deepEqual([revenue, credits.linear], [600, [200, 200, 200]]);
      const left = { seo: [334, 134, 200], mail: [333, 133, 200], ads: [333, 133, 200] };
      assert.deepEqual(await bySource(), left);
    });
    const whole = { ...stripe.charge(paid), amount_refunded: 1000, refunded: true };
    await shop.deliver(stripe.eventOf('charge.refunded', whole, paid), back('re_rest', 600), back('re_rest', 600));
    await visible('nothing left anywhere', async () => {
      const { gross, refunded, revenue, credits, entries } = await shop.payment('ch_refunded');
      assert.deepEqual([gross, refunded, revenue], [1000, 1000, 0]);
      assert.equal(
        entries.reduce((sum, entry) => sum + entry.amount, 0),
        0,
      );
      for (const [model, amounts] of Object.entries(credits)) assert.deepEqual(amounts, [0, 0, 0], model);
      assert.deepEqual(await bySource(), { seo: [334, 334, 0], mail: [333, 333, 0], ads: [333, 333, 0] });
    });
  });

  it('credits a hit of 10 ms before the payment', async () => {
    for (let round = 0; round < 3; round += 1) {
      const visitor = `hasty${round}`;
      await shop.hit({ visitor, tags: 'utm_source=tv&utm_campaign=hasty' });
      await sleep(10);
      const paid = { name: visitor, amount: 10, created: nowS(), metadata: v(visitor) };
      await shop.deliver(stripe.eventOf('charge.succeeded', stripe.charge(paid), paid));
    }
    await visible('three hasty payments credited', async () => {
      const { totals } = await shop.report({ metrics: 'customers,revenue', filter: campaign('hasty') });
      assert.equal(totals.revenue, 30);
    });
  });

  it('adds all of it up: every source, the unattributed row and the totals', async () => {
    const { rows, totals } = await shop.report({ metrics: 'revenue', dimensions: 'source', order: '-revenue' });
    const earned = rows.filter(({ revenue }) => revenue !== 0).map(({ source, revenue }) => [source, revenue]);
    assert.deepEqual(Object.fromEntries(earned), {
      ...{ bing: 9998, 'x.com': 3100, google: 2000, podcast: 1800, '(unattributed)': 990, qr: 700 },
      ...{ '(direct)': 110, map: 100, tv: 30 },
    });
    assert.deepEqual(totals, { revenue: 18_828 });
    const payments = await shop.payments();
    const dollars = payments.filter(({ currency }) => currency === 'usd');
    assert.equal(
      dollars.reduce((sum, { revenue }) => sum + revenue, 0),
      18_828,
    );
    assert.equal(new Set(payments.map(({ id }) => id)).size, payments.length);
  });

  it('never adds live and test money up', async () => {
    const secret = 'whsec_live_of_the_tests';
    const connected = await headwater.command<{ livemode: boolean }>(
      ...['stripe', 'connect', '--site', shop.site, '--key', 'rk_live_51unreachable', '--webhook-secret', secret],
    );
    assert.equal(connected.livemode, true);
    await shop.hit({ visitor: 'real', tags: 'utm_source=real&utm_campaign=real' });
    const paid = { name: 'real', amount: 5000, created: nowS(), livemode: true, metadata: v('real') };
    const event = stripe.eventOf('charge.succeeded', stripe.charge(paid), paid);
    assert.equal((await shop.post(event, { secret })).status, 200);
    // Live money signed for the test connection is put apart: it books nothing.
    const strayed = { ...paid, name: 'strayed' };
    assert.equal((await shop.post(stripe.eventOf('charge.succeeded', stripe.charge(strayed), strayed))).status, 200);
    const revenue = async (query: Record<string, string>) => {
      const { totals, mode } = await shop.report({ metrics: 'revenue', ...query });
      return [mode, totals.revenue];
    };
    await visible('the live payment', async () => {
      assert.deepEqual(await revenue({ mode: 'live' }), ['live', 5000]);
      assert.deepEqual(await revenue({ mode: 'test' }), ['test', 18_828]);
      assert.deepEqual(await revenue({}), ['live', 5000], 'live is the default once there is a live connection');
    });
    assert.deepEqual(
      (await shop.payments()).map(({ id }) => id),
      ['ch_real'],
    );
    assert.ok((await shop.payments('mode=test')).every(({ id }) => id !== 'ch_real'));
    await assert.rejects(shop.payment('ch_strayed'), /unknown_payment/);
  });
}

/** What a payment says, without when evidence was seen and how often something was delivered. */
function comparable({ links, entries, ...detail }: PaymentDetailAnswer) {
  const text = (value: object) => JSON.stringify(value);
  return {
    ...detail,
    touchpoints: detail.touchpoints.map((touchpoint) => ({ ...touchpoint, at: '' })),
    entries: entries.map(text).sort(),
    links: links.map(text).sort(),
  };
}
