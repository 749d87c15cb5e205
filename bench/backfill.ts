// Backfill of many charges against a simulated Stripe: is the pace Stripe's limit, or ours? `node bench/backfill.ts [charges]`, 100,000 unless told otherwise
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createHistoryJobs } from '../src/jobs.ts';
import { requestBackfill } from '../src/payments/backfill-start.ts';
import { connectStripe } from '../src/payments/connect.ts';
import { intentPayment } from '../src/rehearsal/stripe/actions.ts';
import { startStripe } from '../src/rehearsal/stripe/start.ts';
import { createSecrets } from '../src/secrets.ts';
import { openRecords } from '../src/storage/records/open.ts';
import { createStripeProvider } from '../src/stripe/provider.ts';

const CHARGES = Number(process.argv[2] ?? 100_000);
const KEY = 'sk_test_bench';
/** What the client allows itself on one endpoint (stripe/client-pace.ts). */
const ALLOWED_PER_SECOND = 20;

if (process.send) {
  // The simulated Stripe is another process, as the real one is another machine.
  const stripe = await startStripe({ seed: 1, events: false, keys: [{ key: KEY, permissions: null }] });
  const startedAt = Date.now();
  for (let index = 0; index < CHARGES; index += 1) {
    stripe.account.setNow(startedAt - (CHARGES - index) * 60_000);
    intentPayment(stripe.account, {
      amount: 1_000 + (index % 977),
      currency: 'usd',
      metadata: { hw_visitor_id: `v${index}` },
    });
  }
  process.send({ url: stripe.url });
  process.on('message', () => process.send!({ requests: stripe.requests.length }));
} else {
  await measure();
}

async function measure(): Promise<void> {
  const stripe = fork(fileURLToPath(import.meta.url), [String(CHARGES)]);
  const said = () => new Promise<{ url?: string; requests?: number }>((resolve) => stripe.once('message', resolve));
  const { url } = await said();
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-bench-'));
  const log = { info() {}, warn() {}, error() {} };
  const records = openRecords({ dataDir, log });
  await records.migrate();
  const secrets = createSecrets('a secret of thirty-two characters or more');
  const now = () => Date.now();
  const provider = createStripeProvider({ apiBase: url, hash: secrets.hash, now });
  const deps = { records, secrets, provider, now, log };
  const team = await records.teams.default(1);
  const site = await records.sites.add(
    { team: team.id, name: 'Bench', domain: 'b.example', timezone: 'UTC', currency: 'usd' },
    1,
  );
  const { id } = await connectStripe(deps, { site: site.id, key: KEY });
  await requestBackfill(records, id, null, now());
  const startedAt = performance.now();
  const jobs = createHistoryJobs(deps);
  while (await jobs.runOnce());
  const seconds = (performance.now() - startedAt) / 1_000;
  stripe.send('count');
  const { requests } = await said();
  const payments = (await records.payments.all(site.id, null, CHARGES + 1)).length;
  const perSecond = requests! / seconds;
  const figures = {
    charges: CHARGES,
    payments,
    seconds: Number(seconds.toFixed(1)),
    requests,
    requests_per_second: Number(perSecond.toFixed(1)),
    share_of_allowed: Number((perSecond / ALLOWED_PER_SECOND).toFixed(2)),
    cpu_seconds: Number((process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6).toFixed(1)),
  };
  console.log(JSON.stringify(figures));
  await records.close();
  stripe.kill();
  await rm(dataDir, { recursive: true, force: true });
}
