// Stories that nobody wrote: captures, refunds, failures, disputes, subscriptions and invoices at random. Each is told
// over HTTP as it happened and once in disorder; both times the entries add up to Stripe's balance and the credits to the
// entries, in the records store and in the reports, and each day's recurring revenue is what the subscriptions were worth.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, it } from 'node:test';
import { describePlan } from '../schedules/plan.ts';
import { minimised, playRounds } from '../schedules/rounds.ts';
import { makeStories } from '../schedules/story.ts';
import { openTheatre, type Theatre } from '../schedules/theatre.ts';

let theatre: Theatre;
before(async () => {
  theatre = await openTheatre('sqlite');
});
after(() => theatre.close());

const FIXED = 20_261_028;
const STORIES = 4;

for (const seed of [FIXED, randomInt(2 ** 31)]) {
  it(`random stories, seed ${seed}`, { timeout: 150_000 }, async () => {
    const stories = await makeStories(STORIES, seed);
    const { failures } = await playRounds({ theatre, stories, schedules: 1, seed, atOnce: 5 });
    const [failure] = failures;
    if (!failure) return;
    const story = stories.find(({ name }) => name === failure.story)!;
    const { plan, text, wrong } = await minimised(theatre, story, failure);
    assert.fail(`${describePlan(plan)}\n${text}\n${wrong.join('\n')}`);
  });
}
