// Every story of test/scenarios, told to a real Headwater by a simulated Stripe as it is written. In other orders, with
// duplicates and failures: test/schedules.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../src/config.ts';
import { start } from '../src/main.ts';
import type { Running } from '../src/main.ts';
import { playFile } from '../src/rehearsal/play.ts';
import { targetFor } from '../src/rehearsal/stage.ts';
import { startStripe } from '../src/rehearsal/stripe/start.ts';
import type { SimulatedStripe } from '../src/rehearsal/stripe/start.ts';
import { freePort } from './headwater.ts';

const folder = fileURLToPath(new URL('./scenarios/', import.meta.url));
const stories = readdirSync(folder).filter((name) => name.endsWith('.txt'));

let stripe: SimulatedStripe;
let running: Running | undefined;
let dataDir: string;

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headwater-stories-'));
  stripe = await startStripe();
  const settings = { HOST: '127.0.0.1', PORT: String(await freePort()), HEADWATER_DATA: dataDir };
  running = await start(
    readConfig({ ...settings, HEADWATER_STRIPE_API_BASE: stripe.url, HEADWATER_LOG_LEVEL: 'error' }),
  );
});
after(async () => {
  await running?.close();
  await stripe.close();
  rmSync(dataDir, { recursive: true });
});

// They wait most of the time: for workers, and for what must stay true a moment later.
describe('stories, as written', { concurrency: 8 }, () => {
  for (const story of stories) {
    it(story.replace('.txt', ''), async () => {
      const stage = { app: running!.app, url: running!.address, stripe };
      const { findings } = await playFile(join(folder, story), targetFor(stage), {
        patience: { patienceMs: 60_000, pollMs: 400 },
      });
      const wrong = findings.filter((finding) => !finding.ok);
      assert.deepEqual(
        wrong.map(({ line, text, found }) => `line ${line}: ${text}, but ${found}`),
        [],
      );
    });
  }
});
