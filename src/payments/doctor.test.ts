import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connection, DAY_MS, endpoint, EVENTS, link, many, NOW, payment, row, WELL } from './doctor.fixture.ts';
import { checkUp } from './doctor.ts';
import type { CheckCode, Examined, ExaminedPayment } from './doctor-finding.ts';
import { CHECKS } from './doctor-finding.ts';
import type { Endpoint } from './provider.ts';

const codes = (change: Partial<Examined>) => checkUp({ ...WELL, ...change }).findings.map(({ code }) => code);
const at = (...list: Endpoint[]) => ({ connections: [connection({ endpoints: { ok: true, value: list } })] });

const LINK_MADE = { id: 'cs_l', metadataKeys: [], returnUrl: 'https://stripe.com', isOfPaymentLink: true };

/** One thing wrong each; nothing else is found with it. */
const FALL: Examined['fall'] = {
  ...{ id: 'a1', site: 's1', mode: 'live', kind: 'coverage', since: NOW - DAY_MS, openedAt: NOW - DAY_MS },
  ...{ resolvedAt: null, resolution: null, resolvedBy: null },
  detail: {
    ...{ since: NOW - DAY_MS, windowMs: 3_600_000, reasons: { no_visitor_id: 9, malformed_visitor_id: 1 } },
    ...{ recent: { payments: 10, attributed: 0 }, past: { payments: 400, attributed: 380 } },
  },
};

describe('the check-up of a site that has a key and no webhook', () => {
  const polled = connection({
    lastEventAt: null,
    secrets: 0,
    endpoints: { ok: false, why: 'forbidden', reason: 'Having rak_webhook_read would allow it' },
  });
  const { findings, checks } = checkUp({ ...WELL, connections: [polled] });
  it('finds nothing, and does not say that webhooks arrive', () => {
    assert.deepEqual(findings, []);
    const skipped = checks.filter(({ state }) => state === 'skipped').map(({ code }) => code);
    assert.deepEqual(skipped.slice(0, 3), ['webhook_never_delivered', 'webhook_silent', 'webhook_missing']);
    assert.match(checks.find(({ code }) => code === 'webhook_missing')!.reason!, /rak_webhook_write/);
  });
});

describe('what is said of payments from before the site', () => {
  for (const createdAt of [0, NOW]) {
    it(`${createdAt === 0 ? 'nothing' : 'that mending changes them no more'}, where the site is from ${createdAt}`, () => {
      const examined = { ...WELL, site: { ...WELL.site, createdAt }, payments: many(6, { reason: 'no_visitor_id' }) };
      const details = checkUp(examined)
        .findings.filter(({ code }) => code === 'payment_without_id' || code === 'coverage_low')
        .map(({ detail }) => /6 unattributed ones were made before this site/.test(detail));
      assert.deepEqual(details, createdAt === 0 ? [false, false] : [true, true]);
    });
  }
});

describe('a site that counts by the day', () => {
  const settings = { ...WELL.site.settings, collect: { identity: 'daily' as const } };
  const daily = (change: Partial<Examined>) => checkUp({ ...WELL, site: { ...WELL.site, settings }, ...change });
  const payments = (reason: string) => many(6, { reason: reason as ExaminedPayment['reason'] });

  it('is not asked for a cookie', () => {
    const { findings, checks } = daily({ hits: { ...WELL.hits!, withoutVisitor: 90 } });
    assert.deepEqual(findings, []);
    assert.match(checks.find(({ code }) => code === 'cookie_absent')!.reason!, /without cookies/);
  });
  it('is told of return pages, not of ids in metadata', () => {
    const found = daily({ payments: payments('no_visitor_id') }).findings.find(
      (it) => it.code === 'payment_without_id',
    )!;
    assert.match(found.remedy.code!, /\{CHECKOUT_SESSION_ID\}/);
    assert.doesNotMatch(`${found.detail}${found.remedy.code}`, /hw_visitor_id/);
  });
  it('is told that the old script is still there', () => {
    const found = daily({ payments: payments('visitor_never_seen') }).findings.find(
      (it) => it.code === 'visitor_unknown',
    )!;
    assert.equal(found.remedy.code, WELL.scriptTag);
  });
});

describe('the remedy for refused signatures', () => {
  const remedies: [string, RegExp][] = [
    ['no stored webhook secret matches the signature', /reveal its signing secret/],
    ['the signature is 900 s old, 300 s are allowed: check the clock', /clock/],
    ['the Stripe-Signature header is missing', /proxy in between drops/],
    ['the body is empty', /proxy in between drops/],
  ];
  for (const [lastReason, text] of remedies) {
    it(`fits: ${lastReason}`, () => {
      const refusals = { count: 1, sinceAt: NOW - DAY_MS, lastAt: NOW, lastReason };
      assert.match(checkUp({ ...WELL, refusals }).findings[0]!.remedy.text, text);
    });
  }
});

const TABLE: [CheckCode, Partial<Examined>, { objects?: string[]; code?: RegExp; text?: RegExp }?][] = [
  ['coverage_fell', { fall: FALL }, { text: /visitor id/ }],
  ['connection_missing', { connections: [] }, { code: /apikeys\/create/ }],
  [
    'connection_refused',
    { connections: [connection({ status: 'refused', statusReason: 'Expired' })] },
    { text: /Expired/ },
  ],
  [
    'connection_refused',
    {
      connections: [
        connection({
          endpoints: { ok: false, why: 'refused', reason: 'Expired API Key provided' },
          checkouts: { ok: false, why: 'refused', reason: 'Expired API Key provided' },
          charges: { ok: false, why: 'refused', reason: 'Expired API Key provided' },
        }),
      ],
    },
    { text: /Stripe says: Expired API Key/ },
  ],
  ['connection_unverified', { connections: [connection({ status: 'unverified', statusReason: 'down' })] }],
  [
    'key_permissions',
    { connections: [connection({ permissions: { checkedAt: 0, answers: { rak_charge_read: 'missing' } } })] },
    { text: /Charges \(rak_charge_read\): nothing/, code: /apikeys\/create/ },
  ],
  ['clock_differs', { connections: [connection({ aheadMs: -90_000 })] }, { text: /2 minutes behind .*before it\.$/ }],
  ['clock_differs', { connections: [connection({ aheadMs: 400_000 })] }, { text: /7 minutes ahead.* are refused/ }],
  [
    'webhook_unreachable',
    {
      unreachable: 'it is http',
      connections: [connection({ lastEventAt: null, secrets: 0, endpoints: { ok: true, value: [] } })],
    },
    { code: /stripe listen --forward-to/ },
  ],
  ['webhook_never_delivered', { connections: [connection({ lastEventAt: null })] }, { code: /curl -i -X POST/ }],
  [
    'webhook_never_delivered',
    { connections: [connection({ lastEventAt: null, endpoints: null })] },
    { code: /webhook_endpoints/ },
  ],
  ['webhook_silent', { connections: [connection({ lastEventAt: NOW - 9 * DAY_MS })] }],
  ['webhook_missing', at(endpoint({ url: 'https://elsewhere.example' })), { code: /url=https:\/\/stats.example/ }],
  ['webhook_disabled', at(endpoint({ enabled: false })), { objects: ['we_1'], code: /we_1.*disabled=false/ }],
  ['webhook_duplicated', at(endpoint(), endpoint({ id: 'we_2' })), { objects: ['we_1', 'we_2'], code: /DELETE.*we_2/ }],
  [
    'webhook_elsewhere',
    at(
      endpoint(),
      endpoint({ id: 'we_3', url: 'https://old.example/hooks', metadata: { headwater_connection: 'con_1' } }),
    ),
    { objects: ['we_3'], text: /Made by Headwater for https:\/\/old/, code: /DELETE.*we_3/ },
  ],
  [
    'webhook_missing_types',
    at(endpoint({ events: ['charge.succeeded'] })),
    { text: /refund.created/, code: /\[\]=refund.created/ },
  ],
  ['webhook_delays_invoices', at(endpoint({ events: ['*'] }))],
  ['webhook_old_version', at(endpoint({ apiVersion: '2020-08-27' })), { text: /2020-08-27/ }],
  [
    'webhook_secret_mismatch',
    { refusals: { count: 4, sinceAt: NOW - DAY_MS, lastAt: NOW, lastReason: 'no stored webhook secret matches' } },
    { text: /no stored webhook secret/ },
  ],
  [
    'webhook_dead_letters',
    { inbox: { ...WELL.inbox, counts: { ...WELL.inbox.counts, dead: 1 }, dead: [row('evt_dead', 'not an event')] } },
    { objects: ['evt_dead'], text: /not an event/ },
  ],
  [
    'webhook_quarantined',
    {
      inbox: {
        ...WELL.inbox,
        counts: { ...WELL.inbox.counts, quarantined: 1 },
        quarantined: [row('evt_q', 'a test event')],
      },
    },
    { objects: ['evt_q'], text: /a test event/ },
  ],
  [
    'webhook_pending',
    { inbox: { ...WELL.inbox, oldest: row('evt_old', 'timeout', NOW - 600_000) } },
    { objects: ['evt_old'] },
  ],
  ['script_never_seen', { hits: { last: null, total: 0, withoutVisitor: 0 } }, { code: /<script>/ }],
  ['script_silent', { hits: { last: { occurredAt: NOW - 5 * DAY_MS, url: 'u' }, total: 0, withoutVisitor: 0 } }],
  ['cookie_absent', { hits: { ...WELL.hits!, withoutVisitor: 40 } }, { text: /40 of 100/ }],
  [
    'payment_without_id',
    { payments: [...many(9), payment('ch_bare', { reason: 'no_visitor_id', links: [], visitor: null })] },
    { objects: ['ch_bare'], code: /payment_intent_data/ },
  ],
  [
    'payment_without_id',
    {
      connections: [connection({ checkouts: { ok: true, value: [LINK_MADE] } })],
      payments: [...many(9), payment('ch_bare', { reason: 'no_visitor_id', links: [], visitor: null })],
    },
    { objects: ['ch_bare'], code: /buy\.stripe\.com.*client_reference_id/ },
  ],
  [
    'id_under_other_key',
    {
      connections: [
        connection({
          charges: {
            ok: true,
            value: [{ id: 'ch_9', metadataKeys: ['visitorId'], returnUrl: null, isOfPaymentLink: false }],
          },
        }),
      ],
    },
    { objects: ['ch_9'], code: /was: visitorId/ },
  ],
  [
    'id_on_session_only',
    { payments: many(10, { links: [link('session_of_intent')] }) },
    { code: /payment_intent_data/ },
  ],
  ['id_on_customer_only', { payments: many(10, { links: [link('customer')] }) }],
  [
    'id_placeholder',
    {
      payments: [
        ...many(9),
        payment('ch_x', { links: [link('charge', { value: 'undefined', object: 'ch_x' }), link('payment_intent')] }),
      ],
    },
    { objects: ['ch_x'], text: /“undefined”/, code: /await window\.headwater\?\.getVisitorId\?\./ },
  ],
  [
    'visitor_unknown',
    { payments: [...many(9), payment('ch_u', { reason: 'visitor_never_seen' })] },
    { objects: ['ch_u'] },
  ],
  ['visitor_after_payment', { payments: [...many(9), payment('ch_l', { reason: 'visitor_seen_after_payment' })] }],
  [
    'return_address',
    {
      connections: [
        connection({
          checkouts: {
            ok: true,
            value: [{ id: 'cs_2', metadataKeys: [], returnUrl: 'https://s.example/thanks', isOfPaymentLink: false }],
          },
        }),
      ],
    },
    { objects: ['cs_2'], code: /\{CHECKOUT_SESSION_ID\}/ },
  ],
  ['shared_identity', { shared: [{ kind: 'app id', value: 'admin', visitors: 120 }] }, { code: /identify/ }],
];

describe('the check-up', () => {
  it('says nothing when all is well, and what it looked at', () => {
    const { findings, checks } = checkUp(WELL);
    assert.deepEqual(findings, []);
    assert.deepEqual([...new Set(checks.map(({ state }) => state))], ['passed']);
    assert.equal(checks.length, Object.keys(CHECKS).length);
  });

  it('has a row here for every check', () => {
    const rows = new Set<string>([...TABLE.map(([code]) => code), 'coverage_low']);
    assert.deepEqual(
      Object.keys(CHECKS).filter((code) => !rows.has(code)),
      [],
    );
  });

  for (const [code, change, { objects, code: paste, text } = {}] of TABLE) {
    it(`finds ${code}`, () => {
      const { findings } = checkUp({ ...WELL, ...change });
      // A key that may not be asked about its endpoints, or has none, may have company; the money must not.
      const found = findings.find((it) => it.code === code);
      assert.ok(found, `found only ${findings.map((it) => it.code).join(', ')}`);
      assert.equal(findings.length, 1, findings.map((it) => it.code).join(', '));
      assert.ok(found.remedy.text.length > 20 && found.title.length > 10);
      if (objects) assert.deepEqual(found.objects, objects);
      if (paste) assert.match(found.remedy.code ?? '', paste);
      if (text) assert.match(`${found.title} ${found.detail}`, text);
    });
  }

  it('never says to send what the endpoint’s version does not know: Stripe would refuse the whole list', () => {
    const webhookEvents = [...EVENTS, 'invoice_payment.paid'];
    const old = (events: string[]) => ({ webhookEvents, ...at(endpoint({ apiVersion: '2024-09-30.acacia', events })) });
    assert.deepEqual(codes(old(EVENTS)), ['webhook_old_version']);
    for (const events of [['charge.succeeded'], ['*']]) {
      const { findings } = checkUp({ ...WELL, ...old(events) });
      const remedy = findings.find(({ remedy: { code } }) => code?.includes('webhook_endpoints/we_1'))?.remedy.code;
      assert.match(remedy!, /refund\.created/);
      assert.doesNotMatch(remedy!, /invoice_payment\.paid/);
    }
  });

  it('judges coverage by recent payments, the worst first', () => {
    const bare = { reason: 'no_visitor_id', links: [], visitor: null };
    const payments = [...many(2), ...many(8, bare).map((it) => ({ ...it, id: `b${it.id}` }))];
    const { findings } = checkUp({ ...WELL, payments, shared: [{ kind: 'app id', value: 'x', visitors: 99 }] });
    assert.deepEqual(
      findings.map(({ code, severity }) => `${severity} ${code}`),
      ['error coverage_low', 'error payment_without_id', 'warning shared_identity'],
    );
    assert.deepEqual(codes({ payments: [...many(2), payment('p', { ...bare, reason: 'pending' })] }), []);
  });

  it('takes a mistake for mended when many payments since do not have it', () => {
    const bare = (n: number) =>
      Array.from({ length: n }, (_, i) => payment(`ch_b${i}`, { reason: 'no_visitor_id', links: [], visitor: null }));
    const says = (payments: ReturnType<typeof many>) => codes({ payments }).includes('payment_without_id');
    assert.equal(says([...many(3), ...bare(20)]), false, 'all of twenty, and none of three since');
    assert.equal(says([...many(2), ...bare(20)]), true, 'two may be chance');
    assert.equal(says([...many(10), ...bare(1)]), true, 'one of one says little about the share');
    assert.equal(says([...many(10), ...bare(2), ...many(18)]), true, 'one in ten does not show in ten');
    assert.equal(says([...many(60), ...bare(2), ...many(18)]), false);
  });

  const BY_REFERENCE: [string, { linkMade: string[]; used?: 'email' }, string[]][] = [
    ['of code', { linkMade: [] }, ['ch_0', 'ch_1']],
    ['one of code, one of a payment link', { linkMade: ['cs_0'] }, ['ch_1']],
    ['of payment links', { linkMade: ['cs_0', 'cs_1', 'cs_2'] }, []],
    ['of code, with an order number that named nobody', { linkMade: [], used: 'email' }, []],
  ];
  for (const [name, { linkMade, used }, expected] of BY_REFERENCE) {
    it(`payments known by the client_reference_id of sessions ${name}: ${expected.length} to change`, () => {
      const value = ['cs_0', 'cs_1', 'cs_2'].map((id) => {
        return { id, metadataKeys: [], returnUrl: null, isOfPaymentLink: linkMade.includes(id) };
      });
      const payments = ['0', '1'].map((n) => {
        const field = 'client_reference_id';
        const reference = link('session_of_intent', { object: `cs_${n}`, field, claim: 'client_reference' });
        const email = link('email', { object: `ch_${n}`, field: 'email', claim: 'email_hash', value: 'hash' });
        return payment(`ch_${n}`, { links: [reference, email], used: used === 'email' ? email : reference });
      });
      const { findings } = checkUp({
        ...WELL,
        payments,
        connections: [connection({ checkouts: { ok: true, value } })],
      });
      assert.deepEqual(
        findings.map(({ code, severity }) => `${severity} ${code}`),
        expected.length > 0 ? ['note id_on_session_only'] : [],
      );
      assert.deepEqual(
        findings.flatMap(({ objects }) => objects),
        expected,
      );
      if (expected.length > 0) assert.match(findings[0]!.detail, /client_reference_id.*payment link/i);
    });
  }

  it('takes webhooks for stopped by payments of their own connection alone', () => {
    const quiet = connection({ lastEventAt: NOW - 10 * DAY_MS });
    const busy = connection({ id: 'con_2', account: 'acct_2' });
    const says = (payments: ReturnType<typeof many>) => codes({ connections: [quiet, busy], payments });
    assert.deepEqual(says(many(6, { connection: 'con_2' })), []);
    assert.deepEqual(says([...many(6, { connection: 'con_2' }), payment('ch_q')]), ['webhook_silent']);
  });

  const ADDRESSES: [string, 'passed' | 'found'][] = [
    ['https://s.example/thanks?session_id={CHECKOUT_SESSION_ID}', 'passed'],
    ['https://s.example/thanks?lang=de&checkout_session_id={CHECKOUT_SESSION_ID}', 'passed'],
    ['https://s.example/#/thanks?session_id={CHECKOUT_SESSION_ID}', 'passed'],
    ['https://s.example/thanks?checkout={CHECKOUT_SESSION_ID}', 'found'],
    ['https://s.example/thanks/{CHECKOUT_SESSION_ID}', 'found'],
    ['https://s.example/success', 'found'],
    // What payment links without an address of their own carry.
    ['https://stripe.com', 'passed'],
    ['https://stripe.com/', 'passed'],
    ['https://checkout.stripe.com/c/pay/thanks', 'passed'],
    ['https://stripe.com.shop.example/thanks', 'found'],
    ['https://notstripe.com', 'found'],
  ];
  for (const [returnUrl, state] of ADDRESSES) {
    it(`return address ${returnUrl}: ${state}`, () => {
      const checkouts = {
        ok: true as const,
        value: [{ id: 'cs_1', metadataKeys: [], returnUrl, isOfPaymentLink: false }],
      };
      const { checks } = checkUp({ ...WELL, connections: [connection({ checkouts })] });
      assert.equal(checks.find(({ code }) => code === 'return_address')?.state, state);
    });
  }

  it('says what it could not look at', () => {
    const unread = connection({
      endpoints: { ok: false, why: 'forbidden', reason: 'no permission' },
      checkouts: null,
      charges: null,
    });
    const { findings, checks } = checkUp({ ...WELL, hits: null, payments: [], connections: [unread] });
    assert.deepEqual(findings, []);
    const skipped = checks.filter(({ state }) => state === 'skipped').map(({ code }) => code);
    for (const code of ['webhook_disabled', 'script_never_seen', 'coverage_low', 'return_address'] as const) {
      assert.ok(skipped.includes(code), code);
    }
    assert.equal(checks.find(({ code }) => code === 'webhook_disabled')?.reason, 'no permission');
  });
});
