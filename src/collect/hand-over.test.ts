import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../core/event.ts';
import { batch, NOW, open, sign, SITE, view } from './collect-samples.ts';
import { siteHitsOf } from './hand-over.ts';
import { createHandOverIssuer } from './hand-over-issue.ts';

// The site's domain is shop.example, checkout.example another of its hosts.
let clock = NOW;
const now = () => clock;
const ask = createHandOverIssuer({ findSite: (id) => (id === SITE.id ? SITE : null), sign, now });
const FROM = { origin: 'https://shop.example' };
const issue = async (body: object, headers: Record<string, string> = FROM) =>
  ask({ body: JSON.stringify({ site: 'site1', visitor: 'v1', to: 'https://checkout.example/pay', ...body }), headers });
const token = async (body: object = {}) => {
  const result = await issue(body);
  assert.ok(result.status === 200, JSON.stringify(result));
  return result.handOver;
};
const land = (word: string, host = 'checkout.example') => view({ url: `https://${host}/pay?a=1&hw_h=${word}` });

test('a visitor who comes from another domain is linked, and nothing of the word is stored', async () => {
  const { post, kept, counters } = await open({ now });
  const word = await token();
  await post({ ...batch(land(word)), visitor: 'v2' });
  await post({ ...batch({ ...land(word), referrer: `https://shop.example/?hw_h=${word}` }), visitor: 'v2' });
  const events: Event[] = kept();
  assert.ok(!JSON.stringify(events).includes(word));
  assert.equal(events[0]!.url, 'https://checkout.example/pay');
  const [hits] = siteHitsOf(events);
  assert.deepEqual(hits!.identifies[0], { kind: 'hand_over', value: 'v1', visitor: 'v2', seenAt: NOW });
  assert.deepEqual([...counters.handOvers], [['taken', 2]]);
});

const sent = (props: object) => view({ props });
/** what lands, as whom, how long after → what is counted */
const LANDINGS: [
  what: string,
  event: () => Promise<object>,
  visitor: string | undefined,
  afterMs: number,
  result: string | null,
][] = [
  ['at the last moment', async () => land(await token()), 'v2', 120_000, 'taken'],
  ['too late', async () => land(await token()), 'v2', 120_001, 'expired'],
  ['on another host', async () => land(await token(), 'shop.example'), 'v2', 0, 'forged'],
  ['with another visitor’s name', async () => land((await token()).replace('v1', 'v9')), 'v2', 0, 'forged'],
  ['made up', async () => land('v1.zzzzzz.nnnnnnnn.' + '0'.repeat(32)), 'v2', 0, 'forged'],
  ['nonsense', async () => land('%3Cscript%3E'), 'v2', 0, 'malformed'],
  ['twice by name', async () => land(`${await token()}&hw_h=x`), 'v2', 0, 'taken'],
  ['without identity', async () => land(await token()), undefined, 0, 'no_visitor'],
  ['empty', async () => land(''), 'v2', 0, null],
  ['as a property of the sender', async () => sent({ hw_hand_over: 'v1' }), 'v2', 0, null],
];

test('a hand-over that is not valid is ignored and counted by its reason', async () => {
  for (const [what, event, visitor, afterMs, result] of LANDINGS) {
    clock = NOW;
    const { post, kept, counters } = await open({ now });
    const landing = await event();
    clock = NOW + afterMs;
    const answer = await post({ ...batch(landing), visitor });
    assert.deepEqual(answer, { status: 202, accepted: 1, dropped: {} }, what);
    assert.deepEqual([...counters.handOvers], result === null ? [] : [[result, 1]], what);
    const links = siteHitsOf(kept()).flatMap((hits) => hits.identifies);
    assert.equal(links.length, result === 'taken' ? 1 : 0, what);
  }
  clock = NOW;
});

test('an address that is passed on joins nobody else', async () => {
  const { post, kept, counters } = await open({ now });
  const word = await token();
  for (const visitor of ['v2', 'v3', 'v2']) await post({ ...batch(land(word)), visitor });
  assert.deepEqual(
    [...counters.handOvers],
    [
      ['taken', 2],
      ['used', 1],
    ],
  );
  assert.deepEqual(
    siteHitsOf(kept()).flatMap((hits) => hits.identifies.map((one) => one.visitor)),
    ['v2', 'v2'],
  );
});

test('a word is given for the site’s own hosts, to the site’s own pages', async () => {
  const cases: [body: object, headers: Record<string, string>, status: number, field?: string][] = [
    [{ to: 'checkout.example' }, FROM, 200],
    [{ to: 'https://www.checkout.example:8443/x' }, {}, 200],
    [{ to: 'https://evil.example/' }, FROM, 400, 'to'],
    [{ to: 'https://checkout.example@evil.example/' }, FROM, 400, 'to'],
    [{ to: 'javascript:alert(1)//checkout.example' }, FROM, 400, 'to'],
    [{ to: 7 }, FROM, 400, 'to'],
    [{ to: `https://checkout.example/${'x'.repeat(2000)}` }, FROM, 400, 'to'],
    [{ visitor: 'null' }, FROM, 400, 'visitor'],
    [{ visitor: 'a b' }, FROM, 400, 'visitor'],
    [{ site: 'nobody' }, FROM, 400, 'site'],
    [{ site: 7 }, FROM, 400, 'site'],
    [{}, { origin: 'https://evil.example' }, 403],
  ];
  for (const [body, headers, status, field] of cases) {
    const result = await issue(body, headers);
    assert.equal(result.status, status, JSON.stringify([body, result]));
    if (result.status === 400) assert.equal(result.field, field);
  }
});
