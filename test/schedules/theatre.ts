import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config.ts';
import { start, type Running } from '../../src/main.ts';
import type { Stage } from '../../src/rehearsal/stage.ts';
import { startStripe } from '../../src/rehearsal/stripe/start.ts';
import { freePort } from '../headwater.ts';
import { startPostgres } from '../postgres.ts';

export const STORES = ['sqlite', 'postgres'] as const;
export type Store = (typeof STORES)[number];

/** What a power cut would leave is not asked here: where files may live in memory, no time is spent on the disk. */
const MEMORY = '/dev/shm';
const home = existsSync(MEMORY) ? MEMORY : tmpdir();

export interface Theatre extends Stage {
  store: Store;
  app: Running['app'];
  config: Config;
  /** Ends the server; its stores stay as they are. */
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

/** A real server on a fresh store, and the simulated Stripe that it talks to. */
export async function openTheatre(store: Store): Promise<Theatre> {
  const dataDir = await mkdtemp(join(home, 'headwater-schedules-'));
  const postgres = store === 'postgres' ? await startPostgres() : null;
  const stripe = await startStripe();
  const closers = [() => rm(dataDir, { recursive: true, force: true }), () => postgres?.stop(), () => stripe.close()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
      HEADWATER_DATA: dataDir,
      HEADWATER_STRIPE_API_BASE: stripe.url,
      // A connection that leaves while its history is read is no news here.
      HEADWATER_LOG_LEVEL: 'fatal',
      ...(postgres ? { DATABASE_URL: await postgres.newDatabase() } : {}),
    });
    let running: Running | null = await start(config);
    const { app, address: url } = running;
    const stopServer = async () => {
      await running?.close();
      running = null;
    };
    closers.push(stopServer);
    return { store, app, url, stripe, config, stopServer, close };
  } catch (error) {
    await close();
    throw error;
  }
}
