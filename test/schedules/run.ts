// node test/schedules/run.ts [--stories GLOB | --random N] [--schedules 200] [--stores sqlite,postgres] [--seed N]
//   [--at-once N] [--json]
// Plays every story of test/scenarios by random schedules, over HTTP, on each store. See CONTRIBUTING.md, "Proof".
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describePlan } from './plan.ts';
import { type Failure, minimised, playRounds } from './rounds.ts';
import { makeStories, readStories } from './story.ts';
import { openTheatre, type Store, STORES } from './theatre.ts';

interface Answer {
  store: Store;
  seed: number;
  stories: number;
  plays: number;
  seconds: number;
  failures: Failure[];
}

const { values } = parseArgs({
  options: {
    stories: { type: 'string' },
    random: { type: 'string' },
    schedules: { type: 'string', default: '200' },
    stores: { type: 'string', default: STORES.join(',') },
    seed: { type: 'string' },
    'at-once': { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const schedules = Number(values.schedules);
const stores = values.stores.split(',').filter((name): name is Store => (STORES as readonly string[]).includes(name));
const say = (line: string) => process.stderr.write(`${line}\n`);
/** A failure is played again a few times with less, and not every one of a flood. */
const MINIMISED_MAX = 3;

if (stores.length === 0 || !Number.isInteger(seed) || !(schedules >= 0)) {
  say(`usage: node test/schedules/run.ts [--stories GLOB] [--schedules N] [--stores ${STORES.join(',')}] [--seed N]`);
  process.exit(2);
}
// Each store in a process of its own: a server and its Stripe keep one core busy.
const answers = stores.length === 1 ? [await playStore(stores[0]!)] : await Promise.all(stores.map(inOwnProcess));
const failures = answers.flatMap((answer) => answer.failures);
if (process.send) process.send(answers[0]!);
else if (values.json) process.stdout.write(`${JSON.stringify({ seed, answers })}\n`);
else answers.forEach(report);
process.exitCode = failures.length === 0 ? 0 : 1;

async function playStore(store: Store): Promise<Answer> {
  const stories =
    values.random === undefined ? readStories(values.stories ?? null) : await makeStories(Number(values.random), seed);
  const startedAt = performance.now();
  say(`${store}: ${stories.length} stories, ${schedules} schedules each, seed ${seed}`);
  for (const { name, pinned } of stories) if (pinned !== null) say(`${store}: ${name} keeps its version: ${pinned}`);
  const theatre = await openTheatre(store);
  try {
    const total = stories.length * (schedules + 1);
    const { plays, failures: found } = await playRounds({
      theatre,
      stories,
      schedules,
      seed,
      atOnce: Number(values['at-once']),
      onFailed: ({ story, plan, wrong }) => say(`${store}: ${story} failed (seed ${plan.seed}): ${wrong[0]}`),
      onPlayed: (count) => {
        if (count % 100 === 0) say(`${store}: ${count} of ${total} plays, ${secondsSince(startedAt)} s`);
      },
    });
    const seconds = secondsSince(startedAt);
    const shown = await Promise.all(
      found.map((failure, index) => {
        const story = stories.find(({ name }) => name === failure.story)!;
        return index < MINIMISED_MAX ? minimised(theatre, story, failure) : failure;
      }),
    );
    return { store, seed, stories: stories.length, plays, seconds, failures: shown };
  } finally {
    await theatre.close();
  }
}

function inOwnProcess(store: Store): Promise<Answer> {
  const passed = ['--schedules', String(schedules), '--seed', String(seed), '--at-once', values['at-once']];
  const only = (['stories', 'random'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  );
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...passed, ...only, '--stores', store]);
    child.once('message', (answer) => resolve(answer as Answer));
    child.once('exit', (code) => reject(new Error(`${store} ended with code ${code} and no answer`)));
  });
}

function report({ store, plays, seconds, failures: found }: Answer): void {
  for (const { story, plan, wrong, text } of found) {
    say(`FAILED ${story} on ${store}: ${describePlan(plan)}`);
    for (const line of wrong.slice(0, 10)) say(`  ${line}`);
    if (text !== null) say(text.replace(/^/gm, '    '));
    else
      say(`  again: node test/schedules/run.ts --stories ${story} --stores ${store} --schedules 1 --seed ${plan.seed}`);
  }
  const rate = (plays / seconds).toFixed(1);
  process.stdout.write(`${store}: ${plays} plays in ${seconds} s (${rate}/s), ${found.length} failed, seed ${seed}\n`);
}

function secondsSince(at: number): number {
  return Math.round(performance.now() - at) / 1_000;
}
