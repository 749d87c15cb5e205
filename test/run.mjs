// `npm test`: prepares the checkout, gets a browser, then runs the checks, the tests and the browser tests.
// Arguments narrow it: `npm test -- src/core` runs only the test files under that path.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { ownNode, prepare, root, say } from '../src/cli/prepare.mjs';

prepare();
const only = process.argv.slice(2);
const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH };
delete env.NODE_TEST_CONTEXT;

const files = only.length === 0 ? ['src', 'sdk/src', 'test'] : only;
const serverTests = files.flatMap((path) => testFiles(join(root, path), /\.test\.tsx?$/));
const browserTests = files.flatMap((path) => testFiles(join(root, path), /\.browser\.ts$/));

const steps = [];
if (only.length === 0) steps.push(['checks', 'npm', ['run', '--silent', 'check']]);
if (serverTests.length > 0) {
  const options = ['--test', '--test-concurrency=3', '--test-timeout=180000', '--test-reporter=spec'];
  steps.push(['tests', ownNode, [...options, ...serverTests]]);
}
if (browserTests.length > 0) {
  env.HEADWATER_TEST_CHROMIUM = browser();
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  steps.push([
    'browser tests',
    ownNode,
    [cli, 'test', '--config', 'test/browser/playwright.config.ts', ...browserTests],
  ]);
}

const failed = steps.filter(([name, command, args]) => {
  say(`running ${name}`);
  return spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0;
});
for (const [name] of failed) say(`${name} failed`);
console.log(`${steps.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);

function testFiles(path, pattern) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return pattern.test(path) ? [relative(root, path)] : [];
  return readdirSync(path)
    .sort()
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => testFiles(join(path, name), pattern));
}

/** Path of a Chromium: a given one, an installed one, or Debian's, installed when we may. */
function browser() {
  const places = [
    process.env.HEADWATER_TEST_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const find = () => places.find((place) => place && existsSync(place));
  if (!find() && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    say('installing Chromium for the browser tests');
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', '-y', ...args], {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    apt('update');
    apt('install', '--no-install-recommends', 'chromium');
  }
  const found = find();
  if (!found) {
    say(
      'the browser tests need Chromium: install it (Debian: apt-get install chromium) or set HEADWATER_TEST_CHROMIUM',
    );
    process.exit(1);
  }
  return found;
}
