// node test/planted/run.ts [--only NAME] [--at-once N] [--json]
// Plants known mistakes one by one into a copy of the tree; the suite must notice each. See CONTRIBUTING.md, "Proof".
import { parseArgs } from 'node:util';
import type { Bug, Tests } from './bug.ts';
import { BUGS } from './bugs.ts';
import { copyTree, type Garden, runTests, withBug } from './plant.ts';

interface Result {
  bug: string;
  file: string;
  caughtBy: string | null;
  /** The first test that noticed, or why none could. */
  how: string;
  seconds: number;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    'at-once': { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const bugs = BUGS.filter(({ name }) => values.only === undefined || name.includes(values.only));
if (bugs.length === 0) {
  say(`no bug is called like '${values.only}'; they are:\n${BUGS.map(({ name }) => `  ${name}`).join('\n')}`);
  process.exit(2);
}

const fileOf = (tests: Tests) => (typeof tests === 'string' ? tests : tests.file);
const gardens = await Promise.all(Array.from({ length: Number(values['at-once']) }, copyTree));
const healthy = new Map<string, Promise<string | null>>();
const results: Result[] = [];
try {
  const queue = bugs.values();
  await Promise.all(
    gardens.map(async (garden) => {
      for (const bug of queue) {
        const result = await plant(garden, bug);
        results.push(result);
        say(`${result.caughtBy === null ? 'SURVIVED' : 'caught  '} ${bug.name} (${result.seconds} s)`);
      }
    }),
  );
} finally {
  for (const garden of gardens) garden.remove();
}
const survivors = results.filter(({ caughtBy }) => caughtBy === null);
if (values.json) process.stdout.write(`${JSON.stringify({ bugs: results, survived: survivors.length })}\n`);
else table();
process.exitCode = survivors.length === 0 ? 0 : 1;

async function plant(garden: Garden, bug: Bug): Promise<Result> {
  const startedAt = performance.now();
  const done = (caughtBy: string | null, how: string): Result => {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    return { bug: bug.name, file: bug.file, caughtBy, how, seconds };
  };
  const unhelpful: string[] = [];
  for (const tests of bug.tests) {
    const sick = await isHealthy(garden, tests);
    if (sick !== null) {
      unhelpful.push(sick);
      continue;
    }
    try {
      const { caught, broken } = await withBug(garden, bug, () => runTests(garden, tests));
      if (caught.length > 0) return done(fileOf(tests), caught[0]!);
      unhelpful.push(...broken.map((line) => `${fileOf(tests)} broke without a finding: ${line}`));
    } catch (error) {
      unhelpful.push((error as Error).message);
    }
  }
  return done(null, unhelpful.join('; ') || 'every test passed');
}

/** A test that fails without the bug, or does not run, catches nothing. @returns what is wrong with it */
function isHealthy(garden: Garden, tests: Tests): Promise<string | null> {
  const key = JSON.stringify(tests);
  const known = healthy.get(key);
  if (known) return known;
  const run = runTests(garden, tests).then(({ passed, caught, broken }) => {
    if (caught.length + broken.length > 0) {
      return `${fileOf(tests)} fails without any bug: ${[...caught, ...broken][0]}`;
    }
    return passed === 0 ? `${key} runs no test` : null;
  });
  healthy.set(key, run);
  return run;
}

function table(): void {
  const width = Math.max(...results.map(({ bug }) => bug.length));
  for (const { bug, file, caughtBy, how, seconds } of results) {
    const verdict = caughtBy === null ? `SURVIVED: ${how}` : `${caughtBy}: ${how.slice(0, 100)}`;
    process.stdout.write(`${bug.padEnd(width)}  ${file}  ${verdict}  ${seconds} s\n`);
  }
  process.stdout.write(`${results.length - survivors.length} of ${results.length} planted bugs were caught\n`);
}
