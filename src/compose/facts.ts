import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ConfigError } from '../config.ts';
import type { Config } from '../config.ts';
import { createLoop } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { createFactsClient, endpointOfUrl } from '../storage/facts/client.ts';
import { createFacts } from '../storage/facts/create.ts';
import { startEmbedded } from '../storage/facts/embedded/supervise.ts';
import { FactsUnavailable } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { createReport } from '../storage/facts/report.ts';

const MIGRATION_WAIT_MS = 5_000;

export interface OpenedFacts {
  facts: Facts;
  /** Resolves when the schema is there. Until then every call of `facts` throws FactsUnavailable. */
  migrated: Promise<void>;
}

/** The embedded engine must start or the program does not; a server by URL may be down for hours. */
export async function openFacts(config: Config, log: Logger): Promise<OpenedFacts> {
  if (config.clickhouseUrl !== null) return openFactsByUrl(config, config.clickhouseUrl, log);
  const engine = await startEmbedded({ directory: join(config.dataDir, 'facts'), log });
  const client = createFactsClient({ endpoint: () => engine.endpoint() });
  const facts = createFacts(client, createReport(client), { close: () => engine.close() });
  try {
    await facts.migrate();
  } catch (error) {
    await facts.close();
    throw error;
  }
  return { facts, migrated: Promise.resolve() };
}

/**
 * A server that does not answer is asked again until it does. One that answers and refuses (password, database, cluster)
 * stops the start, when it is there at the start, and is logged when it comes later.
 */
async function openFactsByUrl(config: Config, address: string, log: Logger): Promise<OpenedFacts> {
  const endpoint = endpointOfUrl(address);
  const first = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let isMigrated = false;
  const schemaClient = createFactsClient({ endpoint: () => endpoint });
  const client = createFactsClient({
    endpoint() {
      if (isMigrated) return endpoint;
      throw new FactsUnavailable('The server of CLICKHOUSE_URL has not answered since the start.');
    },
  });
  const options = { cluster: config.clickhouseCluster };
  const schema = createFacts(schemaClient, createReport(schemaClient), options);
  const migration: Loop = createLoop({
    name: 'facts schema',
    intervalMs: 1_000,
    log,
    async runOnce() {
      try {
        await schema.migrate();
      } catch (error) {
        if (error instanceof FactsUnavailable) first.resolve();
        else first.reject(new ConfigError(`CLICKHOUSE_URL: the server refused: ${(error as Error).message}`));
        throw error;
      }
      isMigrated = true;
      done.resolve();
      first.resolve();
      void migration.stop();
      return false;
    },
  });
  const close = async () => {
    void migration.stop();
    await schema.close();
  };
  const facts = createFacts(client, createReport(client), { ...options, close });
  migration.start();
  try {
    await Promise.race([first.promise, sleep(MIGRATION_WAIT_MS, undefined, { ref: false })]);
  } catch (error) {
    await facts.close();
    throw error;
  }
  return { facts, migrated: done.promise };
}
