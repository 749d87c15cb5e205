import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Expectation } from './scenario-expect.ts';
import { readScenario, type Step } from './scenario.ts';

const STORIES = fileURLToPath(new URL('../../test/scenarios/', import.meta.url));
const END = '\nexpect payments 0';

function action(text: string) {
  const step = readScenario(`day 0 ${text}${END}`).steps[0] as Extract<Step, { kind: 'act' }>;
  return step.action;
}

function expectation(text: string): Expectation {
  return (readScenario(text).steps[0] as Extract<Step, { kind: 'expect' }>).expectation;
}

function siteSetting(text: string) {
  return (readScenario(`the site's ${text}${END}`).steps[0] as Extract<Step, { kind: 'set' }>).wish;
}

const OWN_ID = {
  carried: [{ on: 'session', key: 'hw_visitor_id', value: null }],
  clientReference: undefined,
  returning: null,
};
const paying = {
  kind: 'pay',
  visitor: 'v1',
  amountMinor: 1_000,
  currency: 'usd',
  way: 'checkout',
  customer: null,
  named: null,
};

describe('actions', () => {
  const table: [string, object][] = [
    [
      'v1 lands from google / cpc / spring sale on /a',
      {
        kind: 'land',
        visitor: 'v1',
        arrival: { kind: 'tags', source: 'google', medium: 'cpc', campaign: 'spring sale' },
        path: '/a',
      },
    ],
    [
      'v1 lands from newsletter / email',
      {
        kind: 'land',
        visitor: 'v1',
        arrival: { kind: 'tags', source: 'newsletter', medium: 'email', campaign: '' },
        path: '/',
      },
    ],
    [
      'v1 lands from x.com',
      { kind: 'land', visitor: 'v1', arrival: { kind: 'referrer', url: 'https://x.com/' }, path: '/' },
    ],
    [
      'v1 lands from https://a.example/b?c=d on /e',
      { kind: 'land', visitor: 'v1', arrival: { kind: 'referrer', url: 'https://a.example/b?c=d' }, path: '/e' },
    ],
    [
      'v1 lands with gclid AbC-1',
      { kind: 'land', visitor: 'v1', arrival: { kind: 'click', parameter: 'gclid', value: 'AbC-1' }, path: '/' },
    ],
    ['v1 lands direct', { kind: 'land', visitor: 'v1', arrival: { kind: 'direct' }, path: '/' }],
    ['v1 views /pricing', { kind: 'view', visitor: 'v1', path: '/pricing' }],
    ['v1 identifies as app-7', { kind: 'identify', visitor: 'v1', appId: 'app-7' }],
    ['v1 pays 10.00 usd', { ...paying, evidence: OWN_ID }],
    ['v1 pays 1000 jpy', { ...paying, currency: 'jpy', evidence: OWN_ID }],
    ['v1 pays 1.000 kwd', { ...paying, currency: 'kwd', evidence: OWN_ID }],
    [
      'v1 pays 10.00 usd via payment link, with client reference, returning with session, named p, as c',
      {
        ...paying,
        way: 'payment link',
        customer: 'c',
        named: 'p',
        evidence: { carried: [], clientReference: null, returning: 'session' },
      },
    ],
    [
      'v1 pays 10.00 usd via guest checkout, with nothing',
      { ...paying, way: 'guest checkout', evidence: { carried: [], clientReference: undefined, returning: null } },
    ],
    [
      'v1 subscribes 9.00 usd via api, on trial, with metadata k on subscription = junk',
      {
        kind: 'subscribe',
        visitor: 'v1',
        amountMinor: 900,
        currency: 'usd',
        way: 'api',
        trial: true,
        customer: null,
        named: null,
        evidence: {
          carried: [{ on: 'subscription', key: 'k', value: 'junk' }],
          clientReference: undefined,
          returning: null,
        },
      },
    ],
    ['v1 renews as second', { kind: 'renew', visitor: 'v1', named: 'second' }],
    ['v1 refunds 3.50 of p', { kind: 'refund', visitor: 'v1', amountMinor: 350, of: 'p' }],
    ['v1 refunds everything', { kind: 'refund', visitor: 'v1', amountMinor: null, of: null }],
    ['v1 pending payment fails', { kind: 'finish', visitor: 'v1', outcome: 'fails' }],
    ['v1 refunds 3.50, pending', { kind: 'refund', visitor: 'v1', amountMinor: 350, of: null, pending: true }],
    ['v1 refund is canceled', { kind: 'end refund', visitor: 'v1', end: 'canceled' }],
    ['v1 payment bounces', { kind: 'bounce', visitor: 'v1' }],
    [
      'v1 authorises 10.00 usd via payment intent',
      { ...paying, way: 'payment intent', evidence: OWN_ID, conditions: { captureMethod: 'manual' } },
    ],
    [
      'v1 captures 7.00 of p, more to come',
      { kind: 'capture', visitor: 'v1', amountMinor: 700, of: 'p', isFinal: false },
    ],
    ['v1 captures everything', { kind: 'capture', visitor: 'v1', amountMinor: null, of: null, isFinal: true }],
    ['v1 authorisation expires', { kind: 'end authorisation', visitor: 'v1', end: 'expires' }],
    [
      'v1 disputes 5.00 eur of p, as inquiry',
      { kind: 'dispute', visitor: 'v1', amountMinor: 500, currency: 'eur', of: 'p', as: 'inquiry' },
    ],
    [
      'v1 disputes everything',
      { kind: 'dispute', visitor: 'v1', amountMinor: null, currency: null, of: null, as: 'chargeback' },
    ],
    ['v1 dispute is won', { kind: 'move dispute', visitor: 'v1', to: 'won' }],
    [
      'v1 is invoiced 10.00 usd, with nothing',
      {
        kind: 'invoice',
        visitor: 'v1',
        amountMinor: 1_000,
        currency: 'usd',
        customer: null,
        named: null,
        evidence: { carried: [], clientReference: undefined, returning: null },
      },
    ],
    ['v1 pays invoices together', { kind: 'pay invoice', visitor: 'v1', how: 'together' }],
    ['v1 pays off stripe, as payment record', { kind: 'pay invoice', visitor: 'v1', how: 'payment_record' }],
    ['v1 pays part 4.00 as rest', { kind: 'pay part', visitor: 'v1', amountMinor: 400, named: 'rest' }],
    ['v1 invoice is voided', { kind: 'void invoice', visitor: 'v1' }],
    ['v1 is credited 4.00 outside stripe', { kind: 'credit', visitor: 'v1', amountMinor: 400, by: 'out_of_band' }],
    ['v1 upgrades to 20.00', { kind: 'change price', visitor: 'v1', amountMinor: 2_000, named: null }],
    ['v1 cancels at period end', { kind: 'change subscription', visitor: 'v1', to: 'cancel at period end' }],
    ['v1 renewal fails', { kind: 'change subscription', visitor: 'v1', to: 'fail renewal' }],
    [
      'v1 pays 10.00 usd, with tax 19%, with promotion code SPRING 20%, shown as 13.70 cad, as account',
      {
        ...paying,
        evidence: OWN_ID,
        conditions: {
          taxPercent: 19,
          discount: { percentOff: 20, amountOffMinor: null, code: 'SPRING', duration: 'once' },
          presentment: { amount: 1_370, currency: 'cad' },
          isAccount: true,
        },
      },
    ],
    [
      'v1 pays 10.00 usd, with coupon 5.00 forever, on account acct_x',
      {
        ...paying,
        evidence: OWN_ID,
        conditions: {
          discount: { percentOff: null, amountOffMinor: 500, code: null, duration: 'forever' },
          onAccount: 'acct_x',
        },
      },
    ],
    ['v1 edits subscription metadata k = v', { kind: 'edit subscription', visitor: 'v1', key: 'k', value: 'v' }],
  ];
  for (const [text, expected] of table) it(text, () => assert.deepEqual(action(text), expected));
});

const PLAIN = { day: null, by: 'entry_date', whatIf: null };
const CREDITS = { kind: 'credits', model: 'linear', dimension: 'channel', asked: PLAIN };
const METRIC = { kind: 'metric', currency: 'usd', asked: PLAIN };

describe('what a site says', () => {
  const table: [string, object][] = [
    ['lookback is 1 day', { windowDays: 1 }],
    ['lookback is lifetime', { windowDays: null }],
    ['half-life is 3 days', { halfLifeHours: 72 }],
    ['half-life is 36 hours', { halfLifeHours: 36 }],
    ['position weights are 60/10/30', { positionPercents: { first: 60, middle: 10, last: 30 } }],
    [
      'custom weights are from start 50, 20; others 20; from end 10',
      { custom: { name: 'As the story says', fromStart: [50, 20], others: 20, fromEnd: [10] } },
    ],
    ['custom weights are others 1', { custom: { name: 'As the story says', fromStart: [], others: 1, fromEnd: [] } }],
    ['direct visits are ignored', { ignoreDirect: true }],
    ['repeats are kept', { collapseRepeats: false }],
    ['renewals follow the latest touch', { renewals: 'latest_touch' }],
    ['off-stripe invoices are counted', { offStripe: true }],
    ['off-stripe invoices are left out', { offStripe: false }],
  ];
  for (const [text, expected] of table) it(text, () => assert.deepEqual(siteSetting(text), expected));

  it('in the midst of a story, and beside other statements', () => {
    const { steps } = readScenario("day 0  v1 lands direct  the site's repeats are collapsed  expect payments 0");
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      ['act', 'set', 'expect'],
    );
  });
});

describe('expectations', () => {
  const table: [string, object][] = [
    [
      'expect linear: Paid Search 50.00, Unattributed 0.01',
      { ...CREDITS, rows: { 'Paid Search': 5_000, '(unattributed)': 1 } },
    ],
    [
      'expect last_touch by campaign: spring 1.00',
      { ...CREDITS, model: 'last_touch', dimension: 'campaign', rows: { spring: 100 } },
    ],
    [
      'expect linear by campaign on day 3 by payment date: spring -1.00',
      { ...CREDITS, dimension: 'campaign', rows: { spring: -100 }, asked: { ...PLAIN, day: 3, by: 'payment_date' } },
    ],
    [
      'expect linear if the lookback were 7 days and direct visits were ignored: Email 1.00',
      {
        ...CREDITS,
        kind: 'what if',
        rows: { Email: 100 },
        asked: { ...PLAIN, whatIf: { windowDays: 7, ignoreDirect: true } },
      },
    ],
    ['expect revenue 10.00', { ...METRIC, metric: 'revenue', amountMinor: 1_000 }],
    ['expect gross 500 jpy', { ...METRIC, metric: 'gross', amountMinor: 500, currency: 'jpy' }],
    [
      'expect refunded 5.00 usd on day 12',
      { ...METRIC, metric: 'refunded', amountMinor: 500, asked: { ...PLAIN, day: 12 } },
    ],
    ['expect fees 3.20', { kind: 'fees', amountMinor: 320, currency: 'usd' }],
    [
      'expect unattributed 2.00 reason no_visitor_id',
      { kind: 'unattributed', amountMinor: 200, currency: 'usd', reason: 'no_visitor_id' },
    ],
    ['expect disputed 5.00', { ...METRIC, metric: 'disputed', amountMinor: 500 }],
    ['expect the books to balance', { kind: 'books' }],
    ['expect payments 3', { kind: 'payments', count: 3 }],
    [
      'expect evidence session metadata.k of p',
      { kind: 'evidence', object: 'session', field: 'metadata.k', payment: 'p' },
    ],
  ];
  for (const [text, expected] of table) it(text, () => assert.deepEqual(expectation(text), expected));
});

describe('settings, days and delivery', () => {
  it('reads the head of a story', () => {
    const { title, settings } = readScenario(
      '# A title\ncurrency jpy\nrendering 2020-08-27\nlistening to a.b, c.d\nkey reads charges, customers\nexpect revenue 5',
    );
    assert.equal(title, 'A title');
    assert.deepEqual(settings, {
      currency: 'jpy',
      version: '2020-08-27',
      events: ['a.b', 'c.d'],
      settlement: null,
      livemode: false,
      permissions: ['rak_charge_read', 'rak_customer_read'],
    });
  });

  it('takes several statements from one line, and a time of day to the millisecond', () => {
    const { steps } = readScenario('day 0  v1 lands direct    day 2 10:30:05.250  v1 lands direct   expect payments 0');
    const days = steps.map((step) => (step.kind === 'act' ? [step.day, step.timeMs] : step.kind));
    assert.deepEqual(days, [[0, null], [2, 37_805_250], 'expect']);
  });

  it('reads how to deliver', () => {
    const { steps: versioned } = readScenario('deliver in 2024-09-30.acacia, thin\nexpect payments 0');
    const { version, thin } = (versioned[0] as Extract<Step, { kind: 'deliver' }>).delivery;
    assert.deepEqual([version, thin], ['2024-09-30.acacia', true]);
    const { steps } = readScenario('deliver shuffled seed 7, duplicated, without charge.updated\nexpect payments 0');
    assert.deepEqual((steps[0] as Extract<Step, { kind: 'deliver' }>).delivery, {
      order: 'shuffled',
      seed: 7,
      copies: 2,
      without: ['charge.updated'],
      version: null,
      thin: false,
    });
  });
});

describe('what cannot be read is refused with its line and the reason', () => {
  const table: [string, RegExp][] = [
    ['', /^line 1: nothing is expected/],
    ['\nv1 lands direct', /^line 2: "v1 lands direct" is not understood; begin with "day N"/],
    ['day 0 v1 sleeps', /^line 1: "v1 sleeps" is not understood; write VISITOR lands/],
    ['day 0 v1 pays 10.001 usd', /"10\.001" is not an amount of usd/],
    ['day 0 v1 pays 10.0 jpy', /not an amount of jpy/],
    ['day 0 v1 pays ten usd', /"ten usd" is not "AMOUNT CURRENCY/],
    ['day 0 v1 pays 1.00 usd via carrier pigeon', /"carrier pigeon" is no way to pay; write checkout/],
    ['day 0 v1 pays 1.00 usd, with metadata k on wall', /cannot stand on "wall"/],
    ['day 0 v1 pays 1.00 usd, on trial', /"on trial" belongs to subscribes/],
    ['day 0 v1 lands from a / b / c / d', /more than SOURCE/],
    ['day 0 25:00 v1 lands direct', /25:00 is not a time of day/],
    ['day 0 v1 dispute is fun', /"dispute is fun" is not understood; write .*dispute is won/],
    ['day 0 v1 disputes a lot', /write "disputes AMOUNT/],
    ['day 0 v1 cancels at midnight', /cancels at period end/],
    ['deliver in 1999-01-01\nexpect payments 0', /is no way to deliver/],
    ['mode loud\nexpect payments 0', /is not a mode/],
    ['expect guess: Email 1.00', /"guess" is not a model/],
    ['expect linear by mood: Email 1.00', /"mood" is not a dimension/],
    ['expect linear: Email', /"Email" is not "NAME AMOUNT"/],
    ['expect linear: Email 1.00, Email 2.00', /listed twice/],
    ['expect unattributed 1.00 reason bad_luck', /"bad_luck" is not a reason/],
    ['expect evidence pigeon x', /"pigeon" is no evidence/],
    ["\nthe site's lookback is 900 days", /^line 2: the lookback window is a whole number of days from 1 to 365/],
    ["the site's lookback is long", /"long" is not a value of lookback; write 7 days or lifetime/],
    ["the site's half-life is 2 weeks", /"2 weeks" is not a value of half-life; write 3 days or 36 hours/],
    ["the site's position weights are 60/10/10", /add up to 100 per cent; 60\/10\/10 does not/],
    ["the site's custom weights are others 0", /at least one custom weight is above 0/],
    ["the site's custom weights are 1, 2", /"1, 2" is not a value of custom weights; write from start/],
    ["the site's mood is good", /"mood" is not a setting of the models; they are lookback, half-life/],
    ["the site's lookback", /write "the site's lookback is 7 days"/],
    ["the site's constructor is kept", /"constructor" is not a setting of the models/],
    ["the site's repeats are toString", /"toString" is not a value of repeats/],
    ['expect linear if it rained: Email 1.00', /"if it rained" is not understood; write "if the half-life were/],
    ['expect linear if the mood were good: Email 1.00', /"mood" is not a setting of the models/],
    ['expect linear if the lookback were 0 days: Email 1.00', /from 1 to 365, or lifetime; not 0/],
    ['expect linear if renewals were the latest touch: Email 1.00', /can not be asked about/],
    ['expect linear on Monday: Email 1.00', /"on Monday" is not understood; write \[on day N\]/],
    ['expect mrr on day 3: Email 1.00', /mrr knows no "on day 3"/],
    ['expect revenue 1.00 if the lookback were 7 days', /revenue is the same whatever the models say/],
    ['expect fees 1.00 on day 3', /fees are those of the payments; leave "on day 3" out/],
    ['expect happiness', /not understood; expect MODEL/],
    ['deliver by hand\nexpect payments 0', /"by hand" is no way to deliver/],
    ['rendering 1999-01-01\nexpect payments 0', /is not a rendering/],
    ['key reads minds\nexpect payments 0', /cannot read "minds"/],
    ['day 0 v1 lands direct\ncurrency eur\nexpect payments 0', /^line 2: "currency" belongs before/],
  ];
  for (const [text, reason] of table) {
    it(JSON.stringify(text), () => assert.throws(() => readScenario(text), { name: 'ScenarioError', message: reason }));
  }
});

describe('the stories of test/scenarios', () => {
  for (const file of readdirSync(STORIES).filter((name) => name.endsWith('.txt'))) {
    it(file, () => {
      const { title } = readScenario(readFileSync(STORIES + file, 'utf8'));
      assert.notEqual(title, 'untitled');
    });
  }
});
