import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Event } from '../core/event.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { createCollectCounters } from './counters.ts';
import { createDrain, type SiteHits } from './drain.ts';
import { createSpool, type Spool } from './spool.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY = 86_400_000;
const dir = mkdtempSync(join(tmpdir(), 'drain-'));
const spools: Spool[] = [];
after(async () => {
  // A spool writes from a thread of its own: what a test left open could make a file while the directory goes.
  for (const spool of spools) await spool.close();
  rmSync(dir, { recursive: true });
});
let files = 0;
const newPath = () => join(dir, `${++files}.sqlite`);
const log = { info() {}, warn() {}, error() {} };

type DrainFacts = Pick<Facts, 'insertEvents' | 'knownEventIds' | 'sessionsBetween'>;

class Unavailable extends Error {
  override name = 'FactsUnavailable';
}

/** The port's promises as a few lines: exact tokens, batches refused whole for one bad row, outages at will. */
function memoryFacts() {
  const rows: Event[] = [];
  const tokens = new Map<string, string>();
  const broken: string[] = [];
  let outage: 'none' | 'before' | 'after' | 'refuses' = 'none';
  let inserts = 0;
  const facts: DrainFacts = {
    async insertEvents(events, token) {
      inserts += 1;
      if (outage === 'before') throw new Unavailable('down');
      const bad = events.find((event) => event.name === 'bad');
      if (bad || outage === 'refuses') throw new Error(`Cannot parse ${bad?.id}`);
      const text = JSON.stringify(events);
      const before = tokens.get(token);
      if (before === undefined) rows.push(...(JSON.parse(text) as Event[]));
      else if (before !== text) broken.push(token);
      tokens.set(token, text);
      if (outage === 'after') throw new Unavailable('answer lost');
    },
    async knownEventIds(ids, sinceMs) {
      const keys = new Set(rows.filter((r) => r.receivedAt >= sinceMs).map((r) => `${r.site}\0${r.id}`));
      return new Set(ids.map(({ site, id }) => `${site}\0${id}`).filter((key) => keys.has(key)));
    },
    async sessionsBetween(visitors, fromMs, toMs) {
      return rows
        .filter((r) => r.session !== '' && visitors.some((v) => v.visitor === r.visitor && v.site === r.site))
        .filter((r) => r.occurredAt >= fromMs && r.occurredAt <= toMs)
        .map((r) => ({ ...r, firstAt: r.occurredAt, lastAt: r.occurredAt }));
    },
  };
  return {
    facts,
    rows,
    broken,
    inserts: () => inserts,
    set outage(value: typeof outage) {
      outage = value;
    },
  };
}

function event(more: Partial<Event> = {}): Event {
  const tags = { source: '', medium: '', campaign: '', clickId: '' };
  const times = { occurredAt: NOW, receivedAt: NOW };
  const fields = { site: 's', id: randomUUID(), visitor: 'v1', session: 's1', name: 'pageview', url: '', props: {} };
  return { ...fields, ...times, ...tags, ...more } as Event;
}

function open(memory = memoryFacts(), path = newPath(), batchEvents?: number) {
  const spool = createSpool({ path, now: () => NOW });
  spools.push(spool);
  const handed: SiteHits[][] = [];
  const counters = createCollectCounters();
  const handOver = async (hits: SiteHits[]) => void handed.push(hits);
  const drain = createDrain({ spool, facts: memory.facts, handOver, now: () => NOW, log, counters, batchEvents });
  return { spool, drain, handed, counters, memory, path };
}

/** Turns until the spool is empty; failing turns are repeated, as the loop does. */
async function drained({ drain, spool }: ReturnType<typeof open>): Promise<void> {
  for (let turn = 0; spool.size().rows > 0; turn++) {
    assert.ok(turn < 200, 'the spool never empties');
    await drain.runOnce().catch(() => {});
  }
}
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id).sort();

test('hits reach the facts store and the spool forgets them', async () => {
  const it = open();
  const events = [event(), event({ visitor: '' })];
  await it.spool.append(events);
  assert.equal(await it.drain.runOnce(), false);
  assert.deepEqual(ids(it.memory.rows), ids(events));
  assert.equal(it.spool.size().rows, 0);
  assert.equal(await it.drain.runOnce(), false);
  assert.equal(it.memory.inserts(), 1);
});

test('a repeated id counts once: in a batch, among batches, after a restart; again after 7 days; per site', async () => {
  const it = open();
  const one = event();
  await it.spool.append([one, { ...one, title: 'again' }]);
  await it.spool.append([one]);
  await drained(it);
  await it.spool.append([one]);
  await drained(it);
  await it.spool.close();
  const later = open(it.memory, it.path);
  await later.spool.append([one, { ...one, site: 'other' }]);
  await drained(later);
  assert.equal(it.memory.rows.length, 2);
  assert.equal(it.counters.duplicates + later.counters.duplicates, 4);
  it.memory.rows[0]!.receivedAt = NOW - 8 * DAY;
  await later.spool.append([one]);
  await drained(later);
  assert.equal(it.memory.rows.length, 3);
});

test('hits without a session get one, the same as before in the next batch', async () => {
  const it = open();
  const first = event({ session: '', occurredAt: NOW - 60_000 });
  await it.spool.append([first]);
  await drained(it);
  await it.spool.append([event({ session: '' }), event({ session: '', visitor: '' })]);
  await drained(it);
  const session = `s_${first.id.replaceAll('-', '')}`;
  assert.deepEqual(
    it.memory.rows.map((row) => row.session),
    [session, session, ''],
  );
});

test('one bad event never sinks the others and is set aside where people can see it', async () => {
  for (const size of [2, 3, 100]) {
    const it = open();
    const events = Array.from({ length: size }, (_, i) => event(i === size >> 1 ? { name: 'bad' } : {}));
    for (const one of events) await it.spool.append([one]);
    await drained(it);
    const bad = events[size >> 1]!;
    assert.deepEqual(ids(it.memory.rows), ids(events.filter((one) => one !== bad)));
    assert.deepEqual(
      it.spool.rejects(5).map(({ site, eventId }) => [site, eventId]),
      [['s', bad.id]],
    );
    assert.equal(it.counters.rejected, 1);
    assert.deepEqual(it.memory.broken, []);
  }
});

test('a lone bad event is given up after five turns, so that hits after it are not held back', async () => {
  const it = open(memoryFacts(), newPath(), 1);
  await it.spool.append([event({ name: 'bad' })]);
  await it.spool.append([event()]);
  for (let turn = 0; turn < 4; turn++) await assert.rejects(it.drain.runOnce(), /takes no events/);
  await drained(it);
  assert.equal(it.memory.rows.length, 1);
  assert.equal(it.spool.rejectCount(), 1);
});

test('a store that takes nothing is an outage, not a thousand bad events', async () => {
  const it = open();
  await it.spool.append(Array.from({ length: 1000 }, () => event()));
  it.memory.outage = 'refuses';
  for (let turn = 0; turn < 8; turn++) await assert.rejects(it.drain.runOnce(), /takes no events/);
  assert.ok(it.memory.inserts() < 500, String(it.memory.inserts()));
  it.memory.outage = 'none';
  await drained(it);
  assert.equal(it.memory.rows.length, 1000);
  assert.equal(it.spool.rejectCount(), 0);
});

test('while the facts store is down hits wait; a lost answer is repeated under the same token', async () => {
  const it = open();
  const events = [event(), event()];
  await it.spool.append(events);
  it.memory.outage = 'before';
  await assert.rejects(it.drain.runOnce(), Unavailable);
  await it.spool.append([event()]);
  it.memory.outage = 'after';
  await assert.rejects(it.drain.runOnce(), Unavailable);
  assert.equal(it.memory.rows.length, 2);
  await it.spool.close();
  it.memory.outage = 'none';
  const again = open(it.memory, it.path);
  await drained(again);
  assert.equal(it.memory.rows.length, 3);
  assert.deepEqual(it.memory.broken, []);
  assert.deepEqual(again.handed.length, 2);
});

test('payments hear of visitors, sessions, identities and checkouts, per site', async () => {
  const it = open();
  await it.spool.append([
    event(),
    event({ visitor: 'v2', name: 'identify', props: { app_id: 'u1', email_hash: 'h' } }),
    event({ visitor: 'v2', name: 'checkout', props: { session_id: 'cs_1', payment_intent: 'pi_1' } }),
    event({ site: 'other', visitor: 'v3' }),
    event({ visitor: '', name: 'identify', props: { app_id: 'u2' } }),
  ]);
  await it.drain.runOnce();
  const seenAt = NOW;
  assert.deepEqual(it.handed, [
    [
      {
        site: 's',
        visitors: ['v1', 'v2'],
        sessions: ['s1'],
        identifies: [
          { kind: 'app_id', value: 'u1', visitor: 'v2', seenAt },
          { kind: 'email_hash', value: 'h', visitor: 'v2', seenAt },
        ],
        checkouts: [
          { object: 'cs_1', visitor: 'v2', seenAt },
          { object: 'pi_1', visitor: 'v2', seenAt },
        ],
      },
      { site: 'other', visitors: ['v3'], sessions: ['s1'], identifies: [], checkouts: [] },
    ],
  ]);
});

test('rows stay until payments took them over', async () => {
  const it = open();
  await it.spool.append([event()]);
  let calls = 0;
  const handOver = async () => {
    if (++calls < 3) throw new Error('records store down');
  };
  const drain = createDrain({ spool: it.spool, facts: it.memory.facts, handOver, now: () => NOW, log });
  await assert.rejects(drain.runOnce(), /records store down/);
  await assert.rejects(drain.runOnce(), /records store down/);
  assert.equal(it.spool.size().rows, 1);
  await drain.runOnce();
  assert.equal(it.spool.size().rows, 0);
  assert.equal(it.memory.rows.length, 1);
});

class Crash extends Error {}

/** Dies before or after the effect of the nth call, as a process does. */
function dying<T extends object>(target: T, clock: { left: number }, names: readonly (keyof T)[]): T {
  const copy = { ...target };
  const tick = () => {
    // Once dead, dead: what a catch block would still do must not happen either.
    if (clock.left-- <= 0) throw new Crash();
  };
  for (const name of names) {
    const real = target[name] as (...args: unknown[]) => unknown;
    const wrapped = (...args: unknown[]) => {
      tick();
      const result = real(...args);
      if (!(result instanceof Promise)) {
        tick();
        return result;
      }
      return result.then((value: unknown) => {
        tick();
        return value;
      });
    };
    copy[name] = wrapped as T[typeof name];
  }
  return copy;
}

/** Turns until the process dies of a Crash or the number is reached. */
async function turns(drain: { runOnce(): Promise<boolean> }, most: number): Promise<boolean> {
  for (let turn = 0; turn < most; turn++) {
    try {
      await drain.runOnce();
    } catch (error) {
      if (error instanceof Crash) return true;
    }
  }
  return false;
}

/** A spool of plain, repeated, sessionless and bad hits, made once and copied for each death. */
async function makeStory() {
  const memory = memoryFacts();
  const path = newPath();
  const repeated = event();
  const fresh = Array.from({ length: 6 }, (_, i) =>
    event({ visitor: `w${i % 2}`, session: '', occurredAt: NOW - i * DAY }),
  );
  const bad = event({ name: 'bad' });
  const first = open(memory, path);
  await first.spool.append([repeated]);
  await drained(first);
  await first.spool.append([repeated, ...fresh.slice(0, 3)]);
  await first.spool.append([bad, ...fresh.slice(3)]);
  await first.spool.close();
  return { path, stored: [...memory.rows], repeated, fresh };
}

/** Drains the story, dying at the nth step. @returns whether it died */
async function dieAt(step: number, story: Awaited<ReturnType<typeof makeStory>>): Promise<boolean> {
  const { repeated, fresh } = story;
  const memory = memoryFacts();
  memory.rows.push(...story.stored);
  const path = newPath();
  copyFileSync(story.path, path);

  const clock = { left: step };
  const seen = new Set<string>();
  const handOver = { call: async (hits: SiteHits[]) => hits.forEach((h) => h.visitors.forEach((v) => seen.add(v))) };
  const real = createSpool({ path, now: () => NOW });
  spools.push(real);
  const spool: Spool = dying(real, clock, ['take', 'range', 'readPlan', 'writePlan', 'finish']);
  const facts = dying(memory.facts, clock, ['insertEvents', 'knownEventIds', 'sessionsBetween']);
  const mortal = createDrain({
    spool,
    facts,
    handOver: dying(handOver, clock, ['call']).call,
    now: () => NOW,
    log,
    batchEvents: 4,
  });
  const died = await turns(mortal, 20);
  await real.close();

  const after = open(memory, path);
  await drained(after);
  for (const { visitors } of after.handed.flat()) visitors.forEach((visitor) => seen.add(visitor));
  assert.deepEqual(ids(memory.rows), ids([repeated, ...fresh]), `step ${step}: every hit once`);
  assert.deepEqual(memory.broken, [], `step ${step}: a token was used for other rows`);
  assert.deepEqual([...seen].sort(), ['v1', 'w0', 'w1'], `step ${step}: payments heard of every visitor`);
  assert.equal(after.spool.rejectCount(), 1, `step ${step}: the bad hit is set aside once`);
  assert.ok(memory.rows.every((row) => row.session !== ''));
  await after.spool.close();
  return died;
}

test('a crash before or after any step loses nothing and doubles nothing', async () => {
  const story = await makeStory();
  let step = 0;
  while (await dieAt(step, story)) step += 1;
  assert.ok(step > 25, `only ${step} steps were tried`);
});
