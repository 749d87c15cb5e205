import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  createFactsClient,
  endpointOfUrl,
  type FactsClient,
  type FactsEndpoint,
} from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { startEmbedded } from '../../src/storage/facts/embedded/supervise.ts';
import type { Facts } from '../../src/storage/facts/facts.ts';

export const silentLog = { info() {}, warn() {}, error() {} };

export interface OpenStore {
  facts: Facts;
  client: FactsClient;
  close(): Promise<void>;
}

export interface FactsEngine {
  name: string;
  /** Refuses to let SQL reach files and network by its text; a real server does so by its users' grants. */
  guardsText: boolean;
  open(): Promise<OpenStore>;
}

/**
 * The engines the contract suite runs on. No ClickHouse server binary can be had on the machines this project is built
 * on, so "a server by URL" is the same engine in a process of its own, reached by URL and password only; set
 * HEADWATER_TEST_CLICKHOUSE_URL to run the suite against a real server or cluster as well.
 */
export const ENGINES: FactsEngine[] = [
  { name: 'embedded child', guardsText: true, open: openEmbedded },
  { name: 'server by URL (standalone process)', guardsText: true, open: openByUrl },
  ...(process.env['HEADWATER_TEST_CLICKHOUSE_URL']
    ? [
        {
          name: 'ClickHouse server',
          guardsText: false,
          open: () => openServer(process.env['HEADWATER_TEST_CLICKHOUSE_URL']!),
        },
      ]
    : []),
];

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'headwater-facts-'));
}

function storeOf(endpoint: () => FactsEndpoint | null, end: () => Promise<void>): OpenStore {
  // A small cap, so that a query that runs out of it is quick to write.
  const client = createFactsClient({ endpoint, readLimits: { memoryBytes: 100_000_000, timeoutMs: 10_000 } });
  const report = async () => ({ rows: [], totals: {} });
  const facts = createFacts(client, report, { close: end });
  return { facts, client, close: facts.close };
}

async function openEmbedded(): Promise<OpenStore> {
  const directory = await temporaryDirectory();
  const engine = await startEmbedded({ directory, log: silentLog });
  return storeOf(engine.endpoint, async () => {
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });
}

async function openByUrl(): Promise<OpenStore> {
  const directory = await temporaryDirectory();
  const { endpoint, program } = await startProgram(directory);
  const { host } = new URL(endpoint.url);
  const byUrl = endpointOfUrl(`http://${endpoint.username}:${encodeURIComponent(endpoint.password)}@${host}`);
  return storeOf(
    () => byUrl,
    async () => {
      program.kill('SIGTERM');
      await once(program, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  );
}

async function openServer(address: string): Promise<OpenStore> {
  const endpoint = endpointOfUrl(address);
  const database = `headwater_test_${randomBytes(6).toString('hex')}`;
  const admin = createFactsClient({ endpoint: () => endpoint });
  await admin.command(`CREATE DATABASE ${database}`);
  return storeOf(
    () => ({ ...endpoint, database }),
    async () => {
      await admin.command(`DROP DATABASE ${database}`);
      await admin.close();
    },
  );
}

/** Starts facts-server.ts; rejects with its own words when it can not start. */
export async function startProgram(
  directory: string,
  lockWaitMs = 10_000,
): Promise<{ program: ChildProcess; endpoint: FactsEndpoint; pid: number }> {
  const script = fileURLToPath(new URL('./facts-server.ts', import.meta.url));
  const program = spawn(process.execPath, [script, directory, String(lockWaitMs)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: program.stdout! }), 'line')) as [string];
  const { error, pid, ...endpoint } = JSON.parse(line) as FactsEndpoint & { error?: string; pid: number };
  if (error) throw new Error(error);
  return { program, endpoint, pid };
}
