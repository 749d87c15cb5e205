import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderUnavailable } from './provider.ts';

/** Exponential backoff with jitter: half of the pause is fixed, half random, so that retries do not come in waves. */
export function backoffMs(
  attempts: number,
  { firstMs, maxMs, random = Math.random }: { firstMs: number; maxMs: number; random?: () => number },
): number {
  const pause = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(0, attempts - 1), 30));
  return Math.round(pause / 2 + (pause / 2) * random());
}

/** By name: this folder knows the stores' types, not their code. */
export function isStoreOutage(error: unknown): boolean {
  return error instanceof Error && (error.name === 'RecordsUnavailable' || error.name === 'FactsUnavailable');
}

/** Longer pauses are not sat out: the work is given back and comes again, so that others have their turn. */
const SIT_OUT_MS = 8_000;
const TRIES_MAX = 5;

/** Asks again while the provider asks for patience, a few times. @throws what it threw last */
export async function patiently<T>(ask: () => Promise<T>, random: () => number = Math.random): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ProviderUnavailable) || attempt === TRIES_MAX) throw error;
      const pauseMs = backoffMs(attempt, { firstMs: 400, maxMs: SIT_OUT_MS, random });
      const waitMs = Math.max(pauseMs, (error.retryAfterMs ?? 0) * (1 + random() / 10));
      if (waitMs > SIT_OUT_MS) throw error;
      await sleep(waitMs);
    }
  }
}
