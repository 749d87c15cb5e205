// Single-event POSTs acknowledged after commit, over 1,000 connections, as a ratio to a bare Node server that parses the
// body and stores nothing. The two are measured in turn, three times; the medians are compared.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort, startHeadwater, until } from '../test/headwater.ts';
import { addSite, eventOf, eventRequest, load } from './load.ts';
import type { LoadResult } from './load.ts';

const CONNECTIONS = 1_000;
const DURATION_MS = 8_000;
const ROUNDS = 3;

export async function measure(): Promise<string[]> {
  await using headwater = await startHeadwater();
  const site = await addSite(headwater);
  const barePort = await freePort();
  const bare = spawn(process.execPath, [fileURLToPath(new URL('./bare-server.ts', import.meta.url)), String(barePort)]);
  try {
    await until(
      () => fetch(`http://127.0.0.1:${barePort}/`, { method: 'POST', body: '{"events":[]}' }),
      'the bare server',
    );
    const request = (round: number) => (n: number) =>
      eventRequest(
        JSON.stringify({ site, visitor: `v${n % 50_000}`, session: `s${n % 50_000}`, events: [eventOf(n, round)] }),
      );
    const ours: LoadResult[] = [];
    const theirs: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const options = { connections: CONNECTIONS, durationMs: DURATION_MS, request: request(round) };
      theirs.push(await load({ ...options, port: barePort }));
      ours.push(await load({ ...options, port: Number(new URL(headwater.url).port) }));
    }
    const [a, b] = [median(ours), median(theirs)];
    const show = ({ perSecond, p50Ms, p99Ms, failed }: LoadResult) =>
      `${Math.round(perSecond)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ${failed} failed`;
    return [
      `Headwater, acknowledged after commit: ${show(a)}`,
      `bare Node server, nothing stored:     ${show(b)}`,
      `ratio: ${((100 * a.perSecond) / b.perSecond).toFixed(0)} % (${CONNECTIONS} connections, median of ${ROUNDS} rounds)`,
    ];
  } finally {
    bare.kill();
  }
}

function median(results: LoadResult[]): LoadResult {
  return results.sort((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)]!;
}
