// Backfill of many charges against a simulated Stripe in a process of its own, as the real one is another machine: is the
// pace Stripe's limit, or ours?
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

const CHARGES = 10_000;
const KEY = 'sk_test_bench';
/** What the client allows itself on one endpoint (stripe/client-pace.ts). */
const ALLOWED_PER_SECOND = 20;

const isStripe = process.argv[2] === 'stripe';
if (isStripe) {
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
  process.send!({ url: stripe.url });
  process.on('message', () => process.send!({ requests: stripe.requests.length }));
}

export async function measure(): Promise<string[]> {
  const stripe = fork(fileURLToPath(import.meta.url), ['stripe']);
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
  await records.close();
  stripe.kill();
  await rm(dataDir, { recursive: true, force: true });
  const share = Math.round((100 * perSecond) / ALLOWED_PER_SECOND);
  return [
    `${payments} of ${CHARGES} charges booked in ${seconds.toFixed(1)} s, ${requests} requests`,
    `${perSecond.toFixed(1)} requests/s, ${share} % of the ${ALLOWED_PER_SECOND}/s the client allows itself in a sandbox`,
  ];
}
