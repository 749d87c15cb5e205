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
