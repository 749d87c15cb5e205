import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Bug, Tests } from './bug.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const TEST_TIMEOUT_MS = 180_000;

/** A copy of the source tree, in which bugs can be planted. */
export interface Garden {
  directory: string;
  remove(): void;
}

/** What a run of a test file said. */
export interface Verdict {
  passed: number;
  /** Tests that failed because of what they found, with what that was. */
  caught: string[];
  /** Failures that say nothing: a file that does not load, a hook that broke. */
  broken: string[];
}

export async function copyTree(): Promise<Garden> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-planted-'));
  const list = await promisify(execFile)('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 64 * 1024 ** 2,
  });
  for (const path of list.stdout.split('\0')) {
    if (path === '' || path.startsWith('artifacts/') || !existsSync(join(root, path))) continue;
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(directory, path));
  }
  for (const built of ['node_modules', 'dist', 'sdk/dist', 'sdk/node_modules']) {
    if (existsSync(join(root, built))) symlinkSync(join(root, built), join(directory, built));
  }
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Plants a bug for as long as `work` takes. @throws Error when its text is not there, or when the file no longer loads */
export async function withBug<T>(garden: Garden, bug: Bug, work: () => Promise<T>): Promise<T> {
  const path = join(garden.directory, bug.file);
  const before = readFileSync(path, 'utf8');
  const parts = before.split(bug.find);
  if (parts.length !== 2) throw new Error(`the text to replace occurs ${parts.length - 1} times in ${bug.file}`);
  writeFileSync(path, parts.join(bug.replace));
  try {
    if (path.endsWith('.ts')) await load(path);
    return await work();
  } finally {
    writeFileSync(path, before);
  }
}

async function load(path: string): Promise<void> {
  const script = `await import(${JSON.stringify(pathToFileURL(path).href)}); process.exit(0)`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  } catch (error) {
    throw new Error(`with the bug the file does not load: ${(error as Error).message}`, { cause: error });
  }
}

export async function runTests(garden: Garden, tests: Tests): Promise<Verdict> {
  const { file, named } = typeof tests === 'string' ? { file: tests, named: null } : tests;
  const options = ['--test', `--test-timeout=${TEST_TIMEOUT_MS}`];
  const reporter = join(garden.directory, 'test/planted/failures.mjs');
  const narrowed = named === null ? [] : [`--test-name-pattern=${named}`];
  const env = { ...process.env };
  // Otherwise the child would take itself for a part of the test that started it.
  delete env['NODE_TEST_CONTEXT'];
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [...options, ...narrowed, `--test-reporter=${reporter}`, file],
      { cwd: garden.directory, env, maxBuffer: 64 * 1024 ** 2 },
      (_error, stdout) => resolve(stdout),
    );
  });
  return verdictOf(output, file);
}

interface Line {
  ok: boolean;
  name: string;
  isSuite: boolean;
  failure: string | null;
  kind: string | null;
  code: string | null;
  message: string;
}

/** These mean that the mistake is in the planting. */
const NOT_FINDINGS = new Set(['SyntaxError', 'ReferenceError']);

function verdictOf(output: string, file: string): Verdict {
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith('{"ok"'))
    .map((line) => JSON.parse(line) as Line);
  const tests = lines.filter((line) => !line.isSuite && !line.name.endsWith(file));
  const failed = lines.filter((line) => !line.ok && line.failure !== 'subtestsFailed');
  const isFinding = (line: Line) =>
    (line.failure === 'testCodeFailure' || line.failure === 'testTimeoutFailure') &&
    !line.name.endsWith(file) &&
    !NOT_FINDINGS.has(line.kind ?? '') &&
    !/^ERR_(MODULE|UNSUPPORTED|INVALID_TYPESCRIPT)/.test(line.code ?? '');
  const say = (line: Line) => `${line.name}: ${line.message.split('\n').slice(0, 3).join(' ')}`;
  return {
    passed: tests.filter((line) => line.ok).length,
    caught: failed.filter(isFinding).map(say),
    broken: failed.filter((line) => !isFinding(line)).map(say),
  };
}
