// Recording every webhook of the inbox a second time changes nothing: not the ledger, not the links, not the credits, not
// what reports add up, and nothing is put into the outbox. So a replay is always safe.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { now, openBase } from '../../src/compose/base.ts';
import { openFacts } from '../../src/compose/facts.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { createAttributor } from '../../src/payments/attribute.ts';
import { createFetcher } from '../../src/payments/fetch.ts';
import { createMirror } from '../../src/payments/mirror.ts';
import { createRecorder } from '../../src/payments/record.ts';
import { play } from '../../src/rehearsal/play.ts';
import { targetFor } from '../../src/rehearsal/stage.ts';
import { createCourier } from './courier.ts';
import { planOf } from './plan.ts';
import { readStories } from './story.ts';
import { openTheatre, STORES, type Theatre } from './theatre.ts';

const TOLD = /^(trap-(03|07-cap|09|10|11-disputes|14|20-ver)|session-id)/;
const log = pino({ level: 'silent' });
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

for (const store of STORES) {
  describe(`replaying the whole inbox, ${store}`, () => {
    it('changes nothing', { timeout: 170_000 }, async () => {
      const theatre = await openTheatre(store);
      closing.push(() => theatre.close());
      const sites = await playAll(theatre);
      await theatre.stopServer();
      const books = await openBooks(theatre);
      closing.push(books.close);
      await books.work();
      const before = await books.read(sites);
      assert.ok(before.entries.length > sites.length && before.credits.length > sites.length);

      let replayed = 0;
      for (const site of sites) replayed += await books.records.inbox.replay(site, null, now());
      assert.ok(replayed > 10 * sites.length, `${replayed} webhooks are recorded again`);
      await books.record();
      assert.equal(await books.records.attributions.count(), 0, 'no payment changed, so none is credited again');
      assert.equal(await books.records.outbox.count(), 0);
      assert.deepEqual(await books.read(sites), before);

      for (const site of sites) {
        await books.records.attributions.request(site, await books.records.payments.all(site, null, 1_000), now(), [
          'recompute',
        ]);
      }
      await books.attribute();
      assert.equal(await books.records.outbox.count(), 0, 'crediting again finds nothing to append');
      assert.deepEqual(await books.read(sites), before);
    });
  });
}

/** Tells the stories in disorder. @returns their sites */
async function playAll(theatre: Theatre): Promise<string[]> {
  const stories = readStories(null).filter(({ name }) => TOLD.test(name));
  return Promise.all(
    stories.map(async ({ name, scenario, pinned }, index) => {
      const target = await targetFor(theatre)(scenario);
      const plan = planOf(index + 1, pinned !== null);
      const { findings } = await play(scenario, target, {
        courier: (to) => createCourier(plan, to),
        patience: { patienceMs: 120_000, pollMs: 1_000, settleMs: 0 },
        ...(plan.version === null ? {} : { version: plan.version }),
      });
      assert.deepEqual(
        findings.filter((it) => !it.ok).map(({ text, found }) => `${name}: ${text}, but ${found}`),
        [],
      );
      return target.site;
    }),
  );
}

/** The stores that the server left, and its workers, turned by hand. */
async function openBooks({ config }: Theatre) {
  const base = await openBase(config, log);
  const { facts, migrated } = await openFacts(config, log);
  await migrated;
  const { records } = base;
  const turn = async ({ runOnce }: { runOnce(): Promise<boolean> }) => {
    while (await runOnce());
  };
  const deps = { ...base, facts, now, log, onOutbox() {} };
  const record = async () => {
    const recorder = createRecorder(deps);
    do await turn(recorder);
    while ((await records.inbox.counts()).pending > 0 && (await sleep(50, true)));
  };
  const attribute = async () => {
    const attributor = createAttributor(deps);
    do await turn(attributor);
    while ((await records.attributions.count()) > 0 && (await sleep(50, true)));
  };
  return {
    records,
    record,
    attribute,
    /** Until nothing is left to do. */
    async work() {
      await record();
      await turn(createFetcher(deps));
      await attribute();
      await turn(createMirror(deps));
    },
    async read(sites: readonly string[]) {
      const entries: unknown[] = [];
      const links: unknown[] = [];
      const credits: unknown[] = [];
      const reports: unknown[] = [];
      for (const site of sites) {
        for (const id of await records.payments.all(site, null, 1_000)) {
          entries.push(await records.ledger.entries(site, id));
          links.push(await records.payments.links(site, id));
          credits.push(await records.payments.get(site, id));
        }
        for (const model of RULE_MODELS) reports.push(await facts.report({ ...QUESTION, site, model }));
      }
      return { entries, links, credits, reports };
    },
    async close() {
      await facts.close();
      await records.close();
    },
  };
}

const DAY_MS = 86_400_000;
const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const QUESTION = {
  from: day(Date.now() - 400 * DAY_MS),
  to: day(Date.now() + DAY_MS),
  timezone: 'UTC',
  currency: 'usd',
  mode: 'test' as const,
  metrics: ['gross', 'refunded', 'disputed', 'revenue', 'fees'] as const,
  dimensions: ['channel', 'currency'] as const,
  filters: [],
  order: null,
  by: 'entry_date' as const,
  limit: 100,
  bots: 'exclude' as const,
};
