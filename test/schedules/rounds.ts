import { type Plan, planOf, plainPlan, simpler } from './plan.ts';
import { perform, type Told } from './perform.ts';
import { type Story, storyFrom } from './story.ts';
import type { Store, Theatre } from './theatre.ts';

export interface Failure {
  story: string;
  store: Store;
  plan: Plan;
  wrong: string[];
  /** How the story goes, where it stands in no file. */
  text: string | null;
}

export interface Rounds {
  theatre: Theatre;
  stories: readonly Story[];
  schedules: number;
  seed: number;
  /** Plays under way at once. */
  atOnce: number;
  onPlayed?: (plays: number) => void;
  onFailed?: (failure: Failure) => void;
}

/** Every plan's credits are compared with those of the first telling; reports are asked there, and in one play of so many. */
const REPORTS_EVERY = 8;

/** Plays each story as it happened, then by so many plans. @returns what went wrong, and how many plays there were */
export async function playRounds(rounds: Rounds): Promise<{ plays: number; failures: Failure[] }> {
  const { theatre, stories, schedules, seed, atOnce } = rounds;
  const failures: Failure[] = [];
  let plays = 0;
  const turn = async (story: Story, plan: Plan) => {
    const { wrong } = await told(theatre, story, plan);
    plays += 1;
    if (wrong.length > 0) {
      const failure = { story: story.name, store: theatre.store, plan, wrong, text: story.made?.text ?? null };
      failures.push(failure);
      rounds.onFailed?.(failure);
    }
    rounds.onPlayed?.(plays);
  };
  // The first telling is what the others must agree with.
  await eachOf(stories, atOnce, (story) => turn(story, plainPlan(null)));
  const planned = Array.from({ length: schedules }, (_, index) => index).flatMap((index) =>
    stories.map((story) => ({ story, plan: planOf(seed + index, story.pinned !== null) })),
  );
  await eachOf(planned, atOnce, ({ story, plan }) => turn(story, plan));
  return { plays, failures };
}

/** Takes away one part of a plan after the other as long as it still fails. */
export async function minimised(theatre: Theatre, story: Story, failure: Failure): Promise<Failure> {
  for (const plan of simpler(failure.plan)) {
    const { wrong } = await told(theatre, story, plan);
    if (wrong.length > 0) return minimised(theatre, story, { ...failure, plan, wrong });
  }
  return story.made === null ? failure : shortened(theatre, story, failure);
}

/** Leaves out parts of a story that nobody wrote, halves first, as long as it still fails. */
async function shortened(theatre: Theatre, story: Story, failure: Failure): Promise<Failure> {
  let choices = story.made!.choices;
  let shortest = failure;
  for (let size = choices.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < choices.length;) {
      const fewer = [...choices.slice(0, from), ...choices.slice(from + size)];
      const shorter = await storyFrom(story.name, fewer);
      const { wrong } = await told(theatre, shorter, failure.plan);
      if (wrong.length === 0) from += size;
      else {
        choices = fewer;
        shortest = { ...failure, wrong, text: shorter.made!.text };
      }
    }
  }
  return shortest;
}

async function told(theatre: Theatre, { scenario, judging }: Story, plan: Plan): Promise<Pick<Told, 'wrong'>> {
  try {
    return await perform(theatre, scenario, plan, judging, plan.seed % REPORTS_EVERY === 0);
  } catch (error) {
    return { wrong: [`could not be played: ${(error as Error).stack}`] };
  }
}

export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
