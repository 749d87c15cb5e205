// A real Headwater for tests: the command a person runs, in its own process, on a fresh data directory.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../src/cli/headwater.mjs', import.meta.url));

export interface Headwater {
  url: string;
  dataDir: string;
  /** Everything the server said on stderr so far. */
  said(): string;
  pid(): number;
  /** Runs a command with `--json` beside the server and answers its one line. */
  command<T = Record<string, unknown>>(...args: string[]): Promise<T>;
  /** The same for a command that must answer and exit 1. */
  failing<T = Record<string, unknown>>(...args: string[]): Promise<T>;
  /** The same for a command whose exit code is its judgement: 0 or 1. */
  judging<T = Record<string, unknown>>(...args: string[]): Promise<T>;
  get<T = Record<string, unknown>>(path: string, key: string): Promise<T>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** kill -9 of the server alone; `start` brings it back on the same data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Stops it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param options.awaits what tells that it is up; '/healthz' when a store is down on purpose */
export async function startHeadwater(
  env: Record<string, string> = {},
  { awaits = '/readyz' }: { awaits?: '/readyz' | '/healthz' } = {},
): Promise<Headwater> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-test-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const settings = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    HOST: '127.0.0.1',
    PORT: String(port),
    HEADWATER_DATA: dataDir,
    HEADWATER_LOG_LEVEL: 'warn',
    ...env,
  };
  let server: ChildProcess | null = null;
  let said = '';

  async function start() {
    const child = spawn(process.execPath, [ENTRY, 'serve'], { env: settings, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    server = child;
    await until(async () => {
      assert.equal(child.exitCode, null, `the server ended while starting:\n${said}`);
      return (await fetch(`${url}${awaits}`).catch(() => null))?.ok === true;
    }, 'the server to be ready');
  }
  const ended = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
      child.once('exit', resolve);
    });
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const child = server;
    server = null;
    if (!child) return null;
    child.kill(signal);
    return ended(child);
  }

  await start();
  return {
    url,
    dataDir,
    said: () => said,
    pid: () => server!.pid!,
    command: (...args) => runCommand(settings, [...args, '--json']),
    failing: (...args) => runCommand(settings, [...args, '--json'], [1]),
    judging: (...args) => runCommand(settings, [...args, '--json'], [0, 1]),
    async get(path, key) {
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
      const body = await answer.text();
      assert.equal(answer.status, 200, `${path}: ${body}`);
      return JSON.parse(body);
    },
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers }),
    kill: async () => void (await end('SIGKILL')),
    start,
    stop: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs one command in a process of its own. */
export function runCommand<T>(env: Record<string, string>, args: string[], codes = [0]): Promise<T> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [ENTRY, ...args], { env }, (error, stdout, stderr) => {
      if (!codes.includes(Number(error?.code ?? 0)))
        return reject(new Error(`${args.join(' ')}: exit ${error?.code ?? 0}\n${stderr}`));
      const lines = stdout.trimEnd().split('\n');
      if (lines.length !== 1) return reject(new Error(`${args.join(' ')}: not one line of JSON:\n${stdout}`));
      resolve(JSON.parse(lines[0]!) as T);
    });
  });
}

/** Polls until it holds; fails after `timeoutMs` with what was waited for and the last error. */
export async function until<T>(
  check: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_ASSERTION' && /ended while starting/.test(String(error)))
        throw error;
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const PORTS_OF_A_PROCESS = 20;
let portsAsked = 0;

/**
 * A port that nobody listens on, and that nobody else will be given before it is: below those that the system gives out, to
 * outgoing connections too, and other ones for each process of a test run. Two servers once were given the same one.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_OF_A_PROCESS; tried += 1) {
    const port = 11_000 + (process.pid % 1_000) * PORTS_OF_A_PROCESS + (portsAsked++ % PORTS_OF_A_PROCESS);
    if (await isFree(port)) return port;
  }
  throw new Error('none of the ports of this process is free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
