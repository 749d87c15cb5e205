import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PLACES_MAX } from '../../src/payments/backfill-places.ts';
import type { BackfillProgress } from '../../src/payments/backfill-plan.ts';
import { createBackfill } from '../../src/payments/backfill.ts';
import { intentPayment, refundCharge } from '../../src/rehearsal/stripe/actions.ts';
import { startHistory } from './history.ts';
import type { History } from './history.ts';

const DAY_MS = 86_400_000;
/** Charges of a long history: pages enough for ranges in both rounds of a backfill. */
const CHARGES = 2_000;

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

/** An account whose charges were made so many milliseconds ago; every fortieth was refunded in part. */
async function accountWith(ages: readonly number[]): Promise<{ history: History; grossMinor: number }> {
  const history = await startHistory({ events: false });
  closing.push(() => history.close());
  const { account } = history.stripe;
  const startedAt = Date.now();
  let grossMinor = 0;
  for (const [index, age] of ages.entries()) {
    account.setNow(startedAt - age);
    const { charge } = intentPayment(account, { amount: 1_000 + index, currency: 'usd' });
    grossMinor += 1_000 + index;
    if (index % 40 === 0) refundCharge(account, charge, 100);
  }
  account.setNow(null);
  return { history, grossMinor };
}

async function grossOf({ records }: History, site: string): Promise<number> {
  const ids = await records.payments.all(site, null, CHARGES + 1);
  const rows = await records.payments.getMany(site, ids);
  assert.equal(rows.length, ids.length);
  return rows.reduce((sum, row) => sum + row.grossMinor, 0);
}
const progressOf = (job: { progress: Record<string, unknown> }) => job.progress as unknown as BackfillProgress;
const spread = Array.from(
  { length: CHARGES },
  (_, index) => DAY_MS + Math.floor((index / CHARGES) ** 2 * 700 * DAY_MS),
);
/** Pages asked for with an `after`: inside a range. */
const isInside = ({ path }: { path: string }) => path.startsWith('/v1/charges?') && path.includes('starting_after');

test('a long history is read in ranges, each charge once, and nothing is refused', async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const job = await history.backfill(shop.connection);
  assert.equal(job.state, 'done', job.error ?? '');
  const { steps, places, isLong } = progressOf(job);
  assert.ok(isLong, 'more than a page of the last five weeks: it is read in rounds');
  assert.deepEqual([steps.charges.objects, steps.charges.fresh, places.length], [CHARGES, CHARGES, 0]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
  const pages = history.stripe.requests.filter(({ path }) => path.startsWith('/v1/charges?')).length;
  // Its density falls, so ranges hold less than was expected of them; of a longer history this is a small share.
  assert.ok(pages < (CHARGES / 100) * 2, `${pages} pages`);
  assert.equal(history.stripe.requests.filter(({ status }) => status === 429).length, 0);
});

test('all charges in one second, and an account without any', async () => {
  const age = 50 * DAY_MS;
  const { history, grossMinor } = await accountWith(Array.from({ length: 450 }, () => age));
  const shop = await history.shop();
  const { steps } = progressOf(await history.backfill(shop.connection));
  assert.equal(steps.charges.objects, 450);
  assert.equal(await grossOf(history, shop.site), grossMinor);

  const empty = await accountWith([]);
  const job = await empty.history.backfill((await empty.history.shop()).connection);
  assert.equal(job.state, 'done');
  assert.ok(Object.values(progressOf(job).steps).every(({ state, objects }) => state === 'done' && objects === 0));
});

type Backfill = ReturnType<typeof createBackfill>;

/** Plays a backfill in short turns, each by the worker that `workerOf` names. */
async function inTurns(history: History, connection: string, workerOf: (turn: number) => Backfill | Promise<Backfill>) {
  const { records, now } = history;
  const { id } = await records.jobs.add('backfill', { connection }, now());
  let most = 0;
  for (let turns = 0; turns < 400; turns += 1) {
    const job = (await records.jobs.claim(`worker ${turns}`, now(), 60_000))!;
    const turn = await (await workerOf(turns)).turn(job);
    const saved = progressOf((await records.jobs.get(id))!);
    most = Math.max(most, saved.places.filter(({ after }) => after !== null).length);
    if (turn.state === 'done') return { turns, most, steps: saved.steps };
    assert.equal(turn.state, 'again');
    await records.jobs.postpone(job, now(), null);
  }
  assert.fail('it does not end');
}
test('turn by turn, each by another worker, it goes on inside its ranges', async () => {
  // As many in one round as make several ranges.
  const dense = spread.map((_, index) => DAY_MS + Math.floor((index / CHARGES) * 33 * DAY_MS));
  const { history, grossMinor } = await accountWith(dense);
  const shop = await history.shop();
  const worker = () => createBackfill({ ...history, turnMs: 150 });
  const { turns, most, steps } = await inTurns(history, shop.connection, worker);
  assert.ok(turns > 3 && most > 2, `${turns} turns, ${most} ranges resumed inside`);
  assert.deepEqual([steps.charges.objects, steps.charges.fresh], [CHARGES, CHARGES]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});

test('turn by turn of one worker, what was read ahead is not asked for again', async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const answered: string[] = [];
  const list: History['provider']['list'] = async (key, name, range, options) => {
    const page = await history.provider.list(key, name, range, options);
    answered.push(JSON.stringify([name, range]));
    return page;
  };
  const worker = createBackfill({ ...history, provider: { list }, turnMs: 40 });
  const { turns, steps } = await inTurns(history, shop.connection, () => worker);
  assert.ok(turns > 3, `${turns} turns`);
  assert.deepEqual([answered.length, steps.charges.objects], [new Set(answered).size, CHARGES]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});

test('what was read ahead by other metadata keys is asked for again', async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const asked = new Map<string, number>();
  const list: History['provider']['list'] = async (key, name, range, options) => {
    const page = await history.provider.list(key, name, range, options);
    const what = JSON.stringify([name, range]);
    asked.set(what, (asked.get(what) ?? 0) + 1);
    return page;
  };
  const worker = createBackfill({ ...history, provider: { list }, turnMs: 150 });
  const { settings } = (await history.records.sites.get(shop.site))!;
  const { steps } = await inTurns(history, shop.connection, async (turn) => {
    const visitorMetadataKeys = turn % 2 === 0 ? ['ref'] : ['ref', 'visitor'];
    await history.records.sites.update(shop.site, { settings: { ...settings, visitorMetadataKeys } });
    return worker;
  });
  assert.ok(Math.max(...asked.values()) > 1);
  assert.deepEqual([steps.charges.objects, steps.charges.fresh], [CHARGES, CHARGES]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});

test('what one worker read ahead is of no use after another had the turn', async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const workers = [1, 2].map(() => createBackfill({ ...history, turnMs: 40 }));
  const { turns, steps } = await inTurns(history, shop.connection, (turn) => workers[Math.floor(turn / 2) % 2]!);
  assert.ok(turns > 5, `${turns} turns`);
  assert.deepEqual([steps.charges.objects, steps.charges.fresh], [CHARGES, CHARGES]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});

test('killed among its ranges, it reads again only what was not booked', { timeout: 120_000 }, async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const { id } = await history.records.jobs.add('backfill', { connection: shop.connection }, history.now());
  const child = fileURLToPath(new URL('./backfill-child.ts', import.meta.url));
  const skewMs = String(history.now() - Date.now());
  const worker = spawn(process.execPath, [child, history.dataDir, history.stripe.url, skewMs], { stdio: 'inherit' });
  // Somewhere among the ranges of charges.
  while (history.stripe.requests.filter(isInside).length < 10) await new Promise((resolve) => setTimeout(resolve, 10));
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  const { places } = progressOf((await history.records.jobs.get(id))!);
  assert.ok(places.some(({ list, after }) => list === 'charges' && after !== null));
  history.passTime(120_000);
  await history.runJobs();
  const job = (await history.records.jobs.get(id))!;
  assert.equal(job.state, 'done', job.error ?? '');
  assert.deepEqual([progressOf(job).steps.charges.objects, progressOf(job).steps.charges.fresh], [CHARGES, CHARGES]);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});

test('Stripe asks for patience at one range: all of them wait', async () => {
  const { history, grossMinor } = await accountWith(spread);
  const shop = await history.shop();
  const { requests } = history.stripe;
  const seenAt: number[] = [];
  const push = requests.push.bind(requests);
  requests.push = (...seen) => {
    seenAt.push(performance.now());
    return push(...seen);
  };
  const before = requests.length;
  history.stripe.faults.add({ kind: 'rate_limit', path: '/v1/charges', times: 2 });
  const job = await history.backfill(shop.connection);
  assert.equal(job.state, 'done', job.error ?? '');
  const refusedAt = seenAt[requests.slice(before).findIndex(({ status }) => status === 429)]!;
  const soon = seenAt.filter((at) => at > refusedAt && at < refusedAt + 1_000).length;
  assert.ok(soon < PLACES_MAX, `${soon} more within the second that was asked for; only those on their way may be`);
  assert.equal(await grossOf(history, shop.site), grossMinor);
});
