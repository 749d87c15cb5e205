/**
 * Epoch milliseconds as ClickHouse reads a DateTime64(3, 'UTC') in JSON: 'YYYY-MM-DD hh:mm:ss.SSS'. Its own range is
 * 1900–2299; a time outside it would fail the whole batch, so it is moved to the nearest bound.
 */
export function timeText(epochMs: number): string {
  const bounded = Math.min(Math.max(Math.trunc(epochMs), EARLIEST_MS), LATEST_MS);
  const day = Math.floor(bounded / DAY_MS);
  const ofDay = bounded - day * DAY_MS;
  const seconds = Math.floor(ofDay / 1000);
  const minutes = Math.floor(seconds / 60);
  const millis = ofDay % 1000;
  return (
    `${days.get(day) ?? remember(day)} ${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:` +
    `${TWO_DIGITS[seconds % 60]}.${millis < 100 ? '0' : ''}${millis < 10 ? '0' : ''}${millis}`
  );
}

const DAY_MS = 86_400_000;
const EARLIEST_MS = Date.UTC(1970, 0, 1);
const LATEST_MS = Date.UTC(2099, 11, 31, 23, 59, 59, 999);
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

// A batch holds many hits of the same few days, and a Date costs more than the rest of the row.
const days = new Map<number, string>();
function remember(day: number): string {
  if (days.size > 10_000) days.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  days.set(day, text);
  return text;
}
