/**
 * Epoch milliseconds as ClickHouse reads a DateTime64(3, 'UTC') in JSON: 'YYYY-MM-DD hh:mm:ss.SSS'. Its own range is
 * 1900–2299; a time outside it would fail the whole batch, so it is moved to the nearest bound.
 */
export function timeText(epochMs: number): string {
  const bounded = Math.min(Math.max(Math.trunc(epochMs), EARLIEST_MS), LATEST_MS);
  const cached = seconds.get(Math.floor(bounded / 1000));
  const text = cached ?? remember(Math.floor(bounded / 1000));
  const millis = ((bounded % 1000) + 1000) % 1000;
  return `${text}.${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}`;
}

const EARLIEST_MS = Date.UTC(1970, 0, 1);
const LATEST_MS = Date.UTC(2099, 11, 31, 23, 59, 59, 999);

// A batch holds many hits of the same few seconds, and a Date costs more than the rest of the row.
const seconds = new Map<number, string>();
function remember(second: number): string {
  if (seconds.size > 10_000) seconds.clear();
  const text = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
  seconds.set(second, text);
  return text;
}

/** Splits a list that comes from outside into calls of bounded size. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
