// Every story by a few random schedules, on both stores; `node test/schedules/run.ts` plays hundreds.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { describePlan, planOf, type Plan } from './plan.ts';
import { perform } from './perform.ts';
import { readStories, type Story } from './story.ts';
import { openTheatre, type Store, type Theatre } from './theatre.ts';

const FIXED = 20_261_028;
const fresh = randomInt(2 ** 31);
/** Plays wait for workers most of the time. */
const AT_ONCE = 16;
/** Every second story on SQLite by a fixed seed, the others on PostgreSQL by a fresh one; the next time it may be the other way. */
const SAMPLES: [store: Store, seedOf: (index: number) => number | null][] = [
  ['sqlite', (index) => (index % 2 === fresh % 2 ? FIXED : null)],
  ['postgres', (index) => (index % 2 === fresh % 2 ? null : fresh)],
];

for (const [store, seedOf] of SAMPLES) {
  describe(`stories by random schedules on ${store}, seeds ${FIXED} and ${fresh}`, { concurrency: AT_ONCE }, () => {
    let theatre: Theatre;
    before(async () => {
      theatre = await openTheatre(store);
    });
    after(() => theatre.close());
    for (const [index, story] of readStories(null).entries()) {
      const seed = seedOf(index);
      if (seed === null) continue;
      it(story.name, () => playBy(theatre, story, planOf(seed, story.pinned !== null)));
    }
  });
}

async function playBy(theatre: Theatre, { name, scenario, judging }: Story, plan: Plan): Promise<void> {
  const { wrong } = await perform(theatre, scenario, plan, judging);
  const again = `node test/schedules/run.ts --stories ${name} --stores ${theatre.store} --schedules 1 --seed ${plan.seed}`;
  assert.deepEqual(wrong, [], `${describePlan(plan)}\nagain: ${again}`);
}
