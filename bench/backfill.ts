// Backfill of 100,000 charges against a simulated Stripe with Stripe's own limits, in a process of its own as the real one
// is another machine: is the pace Stripe's limit, or ours?
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHistoryJobs } from '../src/jobs.ts';
import { requestBackfill } from '../src/payments/backfill-start.ts';
import { connectStripe } from '../src/payments/connect.ts';
import { createSecrets } from '../src/secrets.ts';
import { openRecords } from '../src/storage/records/open.ts';
import { createStripeProvider } from '../src/stripe/provider.ts';

interface Setting {
  mode: 'test' | 'live';
  charges: number;
  /** How much longer each answer takes than the simulated Stripe needs, as the network and the real one would. */
  latencyMs: number;
}
/** What Stripe allows, and the most that the client allows itself on one endpoint (stripe/client-pace.ts), a second. */
const LIMITS = {
  test: { account: 25, endpoint: 25 },
  live: { account: 100, endpoint: 25 },
};
const OWN = 24;
type Said = { url?: string; requests?: number; refused?: number; charges?: number };

export async function measure(): Promise<string[]> {
  return run({ mode: 'test', charges: 100_000, latencyMs: 0 });
}

async function run({ mode, charges, latencyMs }: Setting): Promise<string[]> {
  const limits = LIMITS[mode];
  const stripe = fork(fileURLToPath(new URL('./backfill-stripe.ts', import.meta.url)), [
    mode,
    String(charges),
    String(limits.account),
    String(limits.endpoint),
  ]);
  const said = () => new Promise<Said>((resolve) => stripe.once('message', (message) => resolve(message as Said)));
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
  try {
    const { url } = await said();
    const log = { info() {}, warn() {}, error() {} };
    const records = openRecords({ dataDir, log });
    await records.migrate();
    const secrets = createSecrets('a secret of thirty-two characters or more');
    const now = () => Date.now();
    const provider = createStripeProvider({ apiBase: url, hash: secrets.hash, now });
    const { list } = provider;
    if (latencyMs > 0) provider.list = (...asked) => sleep(latencyMs).then(() => list(...asked));
    const deps = { records, secrets, provider, now, log };
    const team = await records.teams.default(1);
    const site = await records.sites.add(
      { team: team.id, name: 'Bench', domain: 'b.example', timezone: 'UTC', currency: 'usd' },
      1,
    );
    const { id } = await connectStripe(deps, { site: site.id, key: `sk_${mode}_bench` });
    const job = await requestBackfill(records, id, null, now());
    stripe.send('count');
    const before = (await said()).requests!;
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    const jobs = createHistoryJobs(deps);
    // A turn that waits for Stripe gives the job back until then.
    for (;;) {
      const { state, error } = (await records.jobs.get(job))!;
      if (state === 'done') break;
      if (state === 'failed') throw new Error(`the backfill failed: ${error}`);
      if (!(await jobs.runOnce())) await sleep(50);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    stripe.send('count');
    const counted = await said();
    const requests = counted.requests! - before;
    const booked = (await records.payments.all(site.id, null, charges + 100)).length;
    await records.close();
    const perSecond = requests / seconds;
    const share = (of: number) => `${Math.round((100 * perSecond) / of)} % of the ${of}/s`;
    return [
      `${booked} of ${counted.charges} charges booked in ${seconds.toFixed(1)} s: ${requests} requests, ${counted.refused} refused (429)`,
      `${perSecond.toFixed(1)} requests/s (${mode} mode, ${latencyMs} ms of latency added): ` +
        `${share(OWN)} the client allows itself on one endpoint, ${share(limits.endpoint)} that Stripe allows there`,
      `cpu ${Math.round((user + system) / 1e4 / seconds)} % of a core (${Math.round((user + system) / 1e3 / requests)} ms a page), ` +
        `resident memory at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
    ];
  } finally {
    stripe.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [mode = 'test', charges = '100000', latencyMs = '0'] = process.argv.slice(2);
  const setting = { mode: mode === 'live' ? 'live' : 'test', charges: Number(charges), latencyMs: Number(latencyMs) };
  for (const line of await run(setting as Setting)) console.log(line);
}
