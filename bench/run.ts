// `npm run bench [-- NAME …]`: measures this checkout on this machine and prints one line per figure. What the figures
// mean, and those of our machine, are in bench/README.md.
import { availableParallelism, totalmem } from 'node:os';

const BENCHES: Record<string, () => Promise<{ measure(): Promise<string[]> }>> = {
  start: () => import('./start-to-ready.ts'),
  collect: () => import('./collect.ts'),
  batches: () => import('./batches.ts'),
  webhooks: () => import('./webhooks.ts'),
  backfill: () => import('./backfill.ts'),
  recompute: () => import('./recompute.ts'),
  'what-if': () => import('./what-if.ts'),
  report: () => import('./report.ts'),
  large: () => import('./large.ts'),
  journeys: () => import('./journeys.ts'),
  pixel: () => import('./pixel.ts'),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}

console.log(
  `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`,
);
/** Takes half an hour and 25 GB of disk: only when it is asked for. */
const USUAL = Object.keys(BENCHES).filter((name) => name !== 'large');
for (const name of asked.length > 0 ? asked : USUAL) {
  const { measure } = await BENCHES[name]!();
  for (const line of await measure()) console.log(`${name.padEnd(8)} ${line}`);
}
