import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../storage/records/records.ts';
import { readArguments } from './arguments.ts';
import type { App } from './app.ts';
import type { Command, Io } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

const POLL_MS = 100;
const REPORT_MS = 1_000;
const UNTAKEN_MS = 5_000;

export const recompute: Command = {
  name: 'recompute',
  summary: 'credit all payments again, from the stored touchpoints (runs in the server)',
  usage: '[--site ID] [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: {} });
    return withApp(io, async (app) => {
      const id = args.text('site');
      const sites = id === undefined ? await app.records.sites.list() : [await siteOrThrow(app, id)];
      const jobs: Job[] = [];
      for (const site of sites) jobs.push(await app.records.jobs.add('recompute', { site: site.id }, app.now()));
      let payments = 0;
      for (const job of jobs) payments += await follow(app, io, job);
      await untilCredited(app, io, id);
      io.out(args.json ? JSON.stringify({ sites: sites.length, payments }) : `Credited ${payments} payments again.`);
      return 0;
    });
  },
};

/** @returns how many payments the job put in line */
async function follow(app: App, io: Io, { id }: Job): Promise<number> {
  const tell = createTeller(io);
  const queuedAt = Date.now();
  for (;;) {
    const job = await app.records.jobs.get(id);
    if (!job) throw new Error(`recompute: the job ${id} is gone from the records store`);
    const requested = Number(job.progress.requested ?? 0);
    if (job.state === 'done') return requested;
    if (job.state === 'failed') throw new Error(`recompute: ${job.error ?? 'failed; the server log says why'}`);
    const isUntaken = job.state === 'queued' && Date.now() - queuedAt > UNTAKEN_MS;
    tell(isUntaken ? 'waiting for the server to take the job; is it running?' : `${requested} payments in line`);
    await pause(io);
  }
}

async function untilCredited(app: App, io: Io, site: string | undefined): Promise<void> {
  const tell = createTeller(io);
  for (;;) {
    const waiting = await app.records.attributions.count(site);
    if (waiting === 0) return;
    tell(`${waiting} payments to credit`);
    await pause(io);
  }
}

async function pause(io: Io): Promise<void> {
  await sleep(POLL_MS);
  if (io.signal.aborted) throw new Error('interrupted; the running server goes on with the job');
}

/** Says what changed, at most once a second. */
function createTeller(io: Io) {
  let said = '';
  let saidAt = 0;
  return (line: string) => {
    if (line === said || Date.now() - saidAt < REPORT_MS) return;
    said = line;
    saidAt = Date.now();
    io.err(`recompute: ${line}`);
  };
}
