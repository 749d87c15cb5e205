// Every reason for which credit is restated, each by the way it takes in real life: a simulated Stripe's webhooks, hits and
// the API of a running Headwater.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import { RESTATEMENT_REASONS } from '../../src/core/restatement.ts';
import type { RestatementReason } from '../../src/core/restatement.ts';
import type { IdentityAnswer, RejectedAnswer, RestatementsAnswer } from '../../src/http/contract-identity.ts';
import { start } from '../../src/main.ts';
import type { Running } from '../../src/main.ts';
import { play } from '../../src/rehearsal/play.ts';
import type { Target } from '../../src/rehearsal/play.ts';
import { readScenario } from '../../src/rehearsal/scenario.ts';
import { targetFor } from '../../src/rehearsal/stage.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../../src/rehearsal/stripe/start.ts';
import { freePort, until } from '../headwater.ts';
import { isIdle } from '../schedules/perform.ts';

let stripe: SimulatedStripe;
let running: Running;
let dataDir: string;

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headwater-restated-'));
  stripe = await startStripe();
  const settings = { HOST: '127.0.0.1', PORT: String(await freePort()), HEADWATER_DATA: dataDir };
  running = await start(
    readConfig({ ...settings, HEADWATER_STRIPE_API_BASE: stripe.url, HEADWATER_LOG_LEVEL: 'error' }),
  );
});
after(async () => {
  await running.close();
  await stripe.close();
  rmSync(dataDir, { recursive: true });
});

interface Told {
  site: string;
  ask<T>(path: string, init?: { method: string; body: object }): Promise<{ status: number; answer: T }>;
  restatements(query?: string): Promise<RestatementsAnswer['restatements']>;
}

async function tell(story: string, then: (told: Told) => Promise<void>): Promise<void> {
  const stage = { app: running.app, url: running.address, stripe };
  const scenario = readScenario(story);
  const target: Target = await targetFor(stage)(scenario);
  const { findings } = await play(scenario, target);
  assert.deepEqual(
    findings.filter(({ ok }) => !ok).map(({ text, found }) => `${text}, but ${found}`),
    [],
  );
  const ask: Told['ask'] = async (path, init) => {
    const response = await fetch(`${running.address}/api/v1/sites/${target.site}${path}`, {
      method: init?.method ?? 'GET',
      headers: { authorization: `Bearer ${target.apiKey}`, ...(init ? { 'content-type': 'application/json' } : {}) },
      ...(init ? { body: JSON.stringify(init.body) } : {}),
    });
    return { status: response.status, answer: await response.json() };
  };
  const restatements = async (query = '') =>
    (await ask<RestatementsAnswer>(`/restatements?${query}`)).answer.restatements;
  await then({ site: target.site, ask, restatements });
}

/** Three times in a row: what is fetched comes between. */
async function isAtRest(site: string): Promise<boolean> {
  for (let times = 0; times < 3; times += 1) {
    if (!(await isIdle(running.app.records, site))) return false;
    await sleep(300);
  }
  return true;
}

const STORIES: [RestatementReason, changes: string, story: string, change?: { models: object }][] = [
  [
    'late_hit',
    '(unattributed) 1000>0, google 0>1000',
    `day 5  v1 pays 10.00 usd
     expect unattributed 10.00 reason visitor_never_seen
     day 0  v1 lands from google / cpc
     expect linear: Paid Search 10.00`,
  ],
  [
    'late_link',
    '(unattributed) 1000>0, google 0>1000',
    `day 0  v1 lands from google / cpc
     day 1  v1 subscribes 10.00 usd via api, with nothing
     expect unattributed 10.00 reason no_visitor_id
     day 2  v1 edits subscription metadata hw_visitor_id = v1
     expect linear: Paid Search 10.00`,
  ],
  [
    'identity_joined',
    'google 0>500, newsletter 1000>500',
    `day 0  v1 lands from google / cpc
     day 1  v2 lands from newsletter / email
     day 1  v2 identifies as app-7
     day 2  v2 pays 10.00 usd
     expect linear: Email 10.00
     day 3  v1 identifies as app-7
     expect linear: Email 5.00, Paid Search 5.00`,
  ],
  [
    'customer_joined',
    'google 1000>500, newsletter 0>500',
    `day 0  v1 lands from google / cpc
     day 0  v2 lands from newsletter / email
     day 2  v1 pays 10.00 usd, as anna
     expect linear: Paid Search 10.00
     day 3  v2 pays 4.00 usd, as anna
     expect linear: Paid Search 7.00, Email 7.00`,
  ],
  [
    'refund',
    'google 1000>700',
    `day 0  v1 lands from google / cpc
     day 1  v1 pays 10.00 usd
     expect linear: Paid Search 10.00
     day 2  v1 refunds 3.00
     expect linear: Paid Search 7.00`,
  ],
  [
    'dispute',
    'google 1000>0',
    `day 0  v1 lands from google / cpc
     day 1  v1 pays 10.00 usd
     expect linear: Paid Search 10.00
     day 2  v1 disputes everything
     expect disputed 10.00`,
  ],
  [
    'amount_changed',
    'google 400>1000',
    `day 0  v1 lands from google / cpc
     day 1  v1 authorises 10.00 usd
     day 1  v1 captures 4.00, more to come
     expect linear: Paid Search 4.00
     day 2  v1 captures 6.00
     expect linear: Paid Search 10.00`,
  ],
  [
    'rate_arrived',
    'google 0>110',
    `day 0  v1 lands from google / cpc
     day 1  v1 pays 10.00 ron
     expect evidence session metadata.hw_visitor_id
     day 1  v1 pays 1.00 usd
     expect linear: Paid Search 1.00
     expect revenue 10.00 ron
     day 1  rates say 1 ron = 0.11 usd
     expect linear: Paid Search 2.10`,
  ],
  [
    'settings_changed',
    'google 500>0, newsletter 500>1000',
    `day 0  v1 lands from google / cpc
     day 9  v1 lands from newsletter / email
     day 9  v1 pays 10.00 usd
     expect linear: Paid Search 5.00, Email 5.00`,
    { models: { window_days: 3 } },
  ],
];

for (const [reason, changes, story, change] of STORIES) {
  test(`${reason}: ${changes}`, async () => {
    await tell(story, async ({ site, ask, restatements }) => {
      // What Stripe tells of the payment a moment later has it credited again too, and would be the reason of both.
      if (change) await until(() => isAtRest(site), 'the payment to be credited by all that is told of it');
      if (change) assert.equal((await ask('', { method: 'PATCH', body: change })).status, 200);
      const found = await until(async () => (await restatements(`reason=${reason}`))[0], `a restatement by ${reason}`);
      assert.deepEqual(found.reasons, [reason]);
      assert.equal(
        found.changes.map(({ source, credits: { linear } }) => `${source} ${linear!.from}>${linear!.to}`).join(', '),
        changes,
      );
      assert.ok(found.reasons.every((it) => it in RESTATEMENT_REASONS));
      const own = await restatements(`payment=${found.payment}`);
      assert.ok(own.some(({ id }) => id === found.id) && own.every(({ payment }) => payment === found.payment));
      assert.deepEqual(await restatements('min_age_minutes=5000000'), []);
    });
  });
}

test('link_rejected and link_reinstated, by the API, also when the merchant has mended the metadata', async () => {
  const story = `day 0  v1 lands from google / cpc
    day 0  v2 lands from newsletter / email
    day 1  v1 subscribes 10.00 usd via api, with metadata hw_visitor_id on subscription = v2
    day 2  v1 renews
    expect linear: Email 20.00
    day 3  v1 edits subscription metadata hw_visitor_id = v1
    expect linear: Email 20.00`;
  await tell(story, async ({ ask, restatements }) => {
    const { payments } = (await ask<{ payments: { id: string; kind: string }[] }>('/payments')).answer;
    const renewal = payments.find(({ kind }) => kind === 'subscription_renewal')!.id;
    const identity = async () => (await ask<IdentityAnswer>(`/payments/${renewal}/identity`)).answer;
    const used = (await identity()).links.filter((link) => link.used);
    assert.deepEqual([used.length, used[0]!.value], [1, 'v2']);
    const links = (await identity()).links.filter(({ value }) => value === 'v2');
    for (const { id } of links) {
      const { status } = await ask(`/links/${id}/reject`, {
        method: 'POST',
        body: { payment: renewal, why: 'a test' },
      });
      assert.equal(status, 200);
    }
    await until(async () => (await identity()).visitors[0]?.visitor_id === 'v1', 'the mended id to count');
    assert.ok(
      (await identity()).links
        .filter(({ value }) => value === 'v2')
        .every(({ rejected }) => rejected?.why === 'a test'),
    );
    assert.equal((await ask<RejectedAnswer>('/links/rejected')).answer.links.length, links.length);
    const again = await ask(`/links/${links[0]!.id}/reject`, { method: 'POST', body: { payment: renewal } });
    assert.equal(again.status, 409);
    for (const { id } of links) await ask(`/links/${id}/reinstate`, { method: 'POST', body: {} });
    await until(async () => (await identity()).visitors[0]?.visitor_id === 'v2', 'the reinstated id to count');
    const [latest] = await until(async () => {
      const list = await restatements(`payment=${renewal}&reason=link_reinstated`);
      return list.length > 0 && list;
    }, 'its restatement');
    assert.deepEqual(latest!.visitor_id.to, 'v2');
    assert.ok((await restatements(`payment=${renewal}&reason=link_rejected`)).length > 0);
    assert.equal((await ask('/links/nosuch/reinstate', { method: 'POST', body: {} })).status, 404);
    assert.equal((await ask('/restatements?cursor=x')).status, 400);
  });
});
