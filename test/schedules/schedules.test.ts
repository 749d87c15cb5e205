// Every story by a few random schedules, on both stores; `node test/schedules/run.ts` plays hundreds.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { describePlan, planOf, plainPlan, type Plan } from './plan.ts';
import { perform } from './perform.ts';
import { readStories, type Story } from './story.ts';
import { openTheatre, type Store, type Theatre } from './theatre.ts';

const FIXED = 20_261_028;
const fresh = randomInt(2 ** 31);
const SAMPLES: [store: Store, seeds: number[]][] = [
  ['sqlite', [FIXED, fresh]],
  ['postgres', [fresh + 1]],
];
/** Plays wait for workers most of the time. */
const AT_ONCE = 16;

for (const [store, seeds] of SAMPLES) {
  describe(`stories by random schedules on ${store}, seeds ${seeds.join(', ')}`, { concurrency: AT_ONCE }, () => {
    let theatre: Theatre;
    before(async () => {
      theatre = await openTheatre(store);
    });
    after(() => theatre.close());
    for (const story of readStories(null)) {
      it(story.name, async () => {
        await playBy(theatre, story, plainPlan(null));
        for (const seed of seeds) await playBy(theatre, story, planOf(seed, story.pinned !== null));
      });
    }
  });
}

async function playBy(theatre: Theatre, { name, scenario, judging }: Story, plan: Plan): Promise<void> {
  const { wrong } = await perform(theatre, scenario, plan, judging);
  const again = `node test/schedules/run.ts --stories ${name} --stores ${theatre.store} --schedules 1 --seed ${plan.seed}`;
  assert.deepEqual(wrong, [], `${describePlan(plan)}\nagain: ${again}`);
}
