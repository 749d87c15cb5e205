// What a fresh checkout needs before it can run: packages and built files. Plain JavaScript for any Node since 18,
// because the machine's own Node may be older than the one this project brings along (node_modules/node).
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const ownNode = join(root, 'node_modules', 'node', 'bin', 'node');

/** Everything goes to stderr: stdout belongs to the command that follows. */
export const say = (line) => process.stderr.write(`headwater: ${line}\n`);

export function prepare() {
  install();
  build(
    'dist/dashboard/index.html',
    ['src/dashboard', 'src/core', 'src/http/contract.ts'],
    ['node_modules/vite/bin/vite.js', 'build', 'src/dashboard', '--logLevel', 'warn'],
  );
  build('dist/hw.js', ['sdk/src', 'sdk/build.ts'], ['sdk/build.ts']);
}

/** Installs when node_modules is missing or older than the lockfile. */
function install() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  // Packages of another checkout: `npm ci` would empty them there.
  const isLink = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink();
  if (isLink && existsSync(ownNode)) return;
  if (existsSync(installed) && existsSync(ownNode) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say('installing packages (about 1 GB, most of it the embedded database; this happens once)');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  if (!existsSync(ownNode)) {
    fail('Node 24 is missing: npm skipped the install script of the package "node". Run: npm rebuild node');
  }
}

/** Builds `target` when one of its sources changed since it was last built. */
function build(target, sources, command) {
  const stamp = join(root, `${target}.built-at`);
  const builtAt = existsSync(stamp) && existsSync(join(root, target)) ? Number(readFileSync(stamp, 'utf8')) : 0;
  if ([...sources, 'package-lock.json'].every((source) => newestMs(join(root, source)) <= builtAt)) return;
  say(`building ${target}`);
  // Taken before the build: an edit made while it runs is built next time.
  const startedAt = Date.now();
  run(ownNode, command);
  writeFileSync(stamp, String(startedAt));
}

function newestMs(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  return stat.isDirectory()
    ? Math.max(...readdirSync(path).map((name) => newestMs(join(path, name))), 0)
    : stat.mtimeMs;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`\`${command} ${args.join(' ')}\` failed; its output is above`, status ?? 1);
}

function fail(line, code = 1) {
  say(line);
  process.exit(code);
}
