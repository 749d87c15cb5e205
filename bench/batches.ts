// Batches of 1,000 back-dated events with a server key, as an import sends them: acknowledged events per second, and how
// long until every one of them is in the reports.
import { startHeadwater, until } from '../test/headwater.ts';
import { addSite, eventOf, eventRequest, load } from './load.ts';

const BATCH = 1_000;
const BATCHES = 300;
const CONNECTIONS = 8;

export async function measure(): Promise<string[]> {
  await using headwater = await startHeadwater();
  const site = await addSite(headwater);
  const { key } = await headwater.command<{ key: string }>('key', 'add', '--site', site);
  const now = Date.now();
  const requests = Array.from({ length: BATCHES }, (_, batch) =>
    eventRequest(
      JSON.stringify({
        site,
        events: Array.from({ length: BATCH }, (_, index) => {
          const n = batch * BATCH + index;
          return {
            ...eventOf(n, 9),
            at: now - (n % 2_000_000) * 1_000,
            visitor: `v${n % 90_000}`,
            session: `s${n % 90_000}`,
          };
        }),
      }),
      key,
    ),
  );
  const startedAt = performance.now();
  const result = await load({
    port: Number(new URL(headwater.url).port),
    connections: CONNECTIONS,
    durationMs: 600_000,
    request: (n) => requests[n] ?? null,
  });
  const acknowledgedMs = performance.now() - startedAt;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  await until(
    async () => {
      const path = `/api/v1/sites/${site}/report?metrics=events&from=${day(now - 90 * 86_400_000)}&to=${day(now)}`;
      const report = await headwater.get<{ totals: { events: number } }>(path, key);
      return report.totals.events === BATCH * BATCHES;
    },
    'all events in the report',
    120_000,
  );
  const drainedMs = performance.now() - startedAt;
  const perSecond = (ms: number) => Math.round((BATCH * BATCHES * 1000) / ms).toLocaleString('en');
  return [
    `${perSecond(acknowledgedMs)} events/s acknowledged in batches of ${BATCH} (${result.failed} failed)`,
    `${perSecond(drainedMs)} events/s until all ${(BATCH * BATCHES).toLocaleString('en')} stood in the report`,
  ];
}
