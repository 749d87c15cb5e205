// From the command to the first 200 of /readyz: on a fresh data directory, and on one that has been used.
import { startHeadwater } from '../test/headwater.ts';

const ROUNDS = 5;

export async function measure(): Promise<string[]> {
  const fresh: number[] = [];
  const used: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    await using headwater = await startHeadwater();
    fresh.push(performance.now() - startedAt);
    await headwater.stop();
    const againAt = performance.now();
    await headwater.start();
    used.push(performance.now() - againAt);
  }
  const median = (times: number[]) => (times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]! / 1000).toFixed(2);
  return [`${median(fresh)} s to ready on a fresh directory, ${median(used)} s on a used one (median of ${ROUNDS})`];
}
