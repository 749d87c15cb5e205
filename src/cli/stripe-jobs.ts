import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Job } from '../storage/records/records.ts';
import type { App } from './app.ts';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';

const POLL_MS = 100;
const REPORT_MS = 1_000;
/** A server takes a job within a second; without one the command does the work itself. */
const UNTAKEN_MS = 1_500;

/** The site's connections that have a key. @throws Error (exit 1) when there is none */
export async function connectionsWithKey(app: App, site: string): Promise<Connection[]> {
  const all = await app.records.connections.ofSite(site);
  const usable = all.filter((connection) => connection.sealedKey !== null && connection.status === 'verified');
  if (usable.length > 0) return usable;
  const why = all.find((it) => it.sealedKey !== null)?.statusReason ?? 'no Stripe key is stored';
  throw new Error(
    `this site has no verified Stripe connection (${why}); \`headwater stripe connect --site ID --key rk_…\``,
  );
}

/** Waits until the job has ended, saying on stderr how it goes. @throws Error when it failed or was interrupted */
export async function followJob(app: App, io: Io, id: string, tell: (job: Job) => string): Promise<Job> {
  const say = createTeller(io);
  let waitedMs = 0;
  for (;;) {
    const job = await app.records.jobs.get(id);
    if (!job) throw new Error(`the job ${id} is gone from the records store`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(job.error ?? 'failed; the server log says why');
    say(job.error === null || job.state === 'running' ? tell(job) : `${tell(job)}; waiting: ${job.error}`);
    if (io.signal.aborted) throw new Error('interrupted; the running server, or the same command, goes on from here');
    waitedMs = job.state === 'queued' ? waitedMs + POLL_MS : 0;
    const hasWorked = waitedMs > UNTAKEN_MS && (await app.runJob(id));
    if (!hasWorked) await sleep(POLL_MS);
  }
}

/** Says what changed, at most once a second: redrawn on a terminal, line by line otherwise. */
function createTeller(io: Io) {
  let said = '';
  let saidAt = 0;
  return (line: string) => {
    if (line === said || Date.now() - saidAt < REPORT_MS) return;
    said = line;
    saidAt = Date.now();
    io.err(line);
  };
}

/** A day in UTC. @throws UsageError */
export function dayOption(name: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== value) {
    throw new UsageError(`--${name}: "${value.slice(0, 40)}" is not a day; write it as 2026-11-21`);
  }
  return value;
}
