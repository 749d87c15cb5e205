// A worker of its own process, to be killed: runs the queued history jobs of a data directory until nothing is due.
import { createHistoryJobs } from '../../src/jobs.ts';
import { createSecrets } from '../../src/secrets.ts';
import { openRecords } from '../../src/storage/records/open.ts';
import { createStripeProvider } from '../../src/stripe/provider.ts';
import { SECRET } from './money.ts';

const [dataDir, apiBase, skew] = process.argv.slice(2) as [string, string, string];
const log = { info() {}, warn() {}, error() {} };
const records = openRecords({ dataDir, log });
const secrets = createSecrets(SECRET);
// The test's clock: it has passed the lease of the worker before.
const skewMs = Number(skew);
const now = () => Date.now() + skewMs;
const provider = createStripeProvider({ apiBase, hash: secrets.hash, now, timeoutMs: 2_000 });
const jobs = createHistoryJobs({ records, secrets, provider, now, log });
while (await jobs.runOnce());
await records.close();
