/**
 * Whether the share of payments with a known visitor has fallen: pure, from counts. A deployment that drops the metadata
 * must show within the hour; three payments a day that happen to be strangers must not. The rule is in docs/identity.md.
 */

export const COVERAGE_RULE = {
  /** The site's own past that is compared with. */
  pastDays: 14,
  /** Fewer payments say nothing of the past, or of now. */
  pastMin: 30,
  recentMin: 5,
  /** How far back "now" may reach, shortest first: few payments take longer to tell anything. */
  windowsMs: [3_600_000, 6 * 3_600_000, 24 * 3_600_000, 72 * 3_600_000],
  /** The share must have fallen by at least this, and the chance that it is chance be at most that. */
  fallMin: 0.25,
  chanceMax: 1e-5,
  /** Its hours are compared with those of every day and of the same weekdays, so much wider on either side. */
  rhythmDays: [1, 7],
  rhythmMarginMs: 3_600_000,
  rhythmChanceMax: 1e-4,
  /** A payment may be booked before the object that names its visitor arrives. */
  graceMs: 5 * 60_000,
  /** Recovered: of at most so many newest payments so many are attributed that the low share is refuted. */
  backMax: 50,
  backChanceMax: 1e-2,
} as const;

/** New payments that began in `[at, at + bucket)`, and how many of them have a known visitor. */
export interface CoverageBucket {
  /** Epoch milliseconds. */
  at: number;
  payments: number;
  attributed: number;
}

export interface Counted {
  payments: number;
  attributed: number;
}

/** What an alert stands on. */
export interface CoverageFall {
  /** When it began, as far as the counts tell (epoch ms). */
  since: number;
  windowMs: number;
  /** Since then, and before the window. */
  recent: Counted;
  past: Counted;
}

/** Times that are no example of how the site usually is. */
export interface Outage {
  from: number;
  until: number;
}

const DAY_MS = 86_400_000;

/**
 * @param buckets of the past and now, in time order
 * @param startsAt nothing before counts as now or as past: an earlier alert was accepted as the new usual
 * @param outages of earlier alerts
 */
export function judgeCoverage(
  buckets: readonly CoverageBucket[],
  { now, startsAt = 0, outages = [] }: { now: number; startsAt?: number; outages?: readonly Outage[] },
): CoverageFall | null {
  const { pastDays, pastMin, recentMin, windowsMs, fallMin, chanceMax, graceMs } = COVERAGE_RULE;
  const known = buckets.filter(({ at }) => at >= startsAt && at <= now - graceMs);
  const lastOutage = outages.reduce((last, { until }) => Math.max(last, until), 0);
  for (const windowMs of windowsMs) {
    const from = now - windowMs;
    const latest = known.filter(({ at }) => at >= Math.max(from, lastOutage));
    const recent = sum(latest);
    if (recent.payments < recentMin) continue;
    const before = known.filter(
      ({ at }) => at < from && at >= from - pastDays * DAY_MS && !outages.some((it) => at >= it.from && at < it.until),
    );
    const past = sum(before);
    if (past.payments < pastMin) continue;
    const usual = lowerShare(past);
    if (shareOf(past) - shareOf(recent) < fallMin) continue;
    if (atMost(recent.attributed, recent.payments, usual) > chanceMax) continue;
    if (isOfItsHours(known, { from, now }, recent)) continue;
    const since = turnedAt(latest, shareOf(past), -1);
    // The window may begin before the fall did: what is told, and refuted later, is the share since.
    return { since, windowMs, recent: sum(latest.filter(({ at }) => at >= since)), past };
  }
  return null;
}

/**
 * Nights, weekends and what a timer charges may have a share of their own, which comes and goes: a share that the same
 * hours had before is no fall. Outages count here, or what comes every night would be told every night.
 */
function isOfItsHours(
  known: readonly CoverageBucket[],
  { from, now }: { from: number; now: number },
  recent: Counted,
): boolean {
  const { pastDays, recentMin, fallMin, rhythmDays, rhythmMarginMs: margin, rhythmChanceMax } = COVERAGE_RULE;
  return rhythmDays.some((step) => {
    const shifts = Array.from({ length: Math.floor(pastDays / step) }, (_, index) => (index + 1) * step * DAY_MS);
    const isThen = (at: number) => shifts.some((shift) => at >= from - shift - margin && at < now - shift + margin);
    const then = sum(known.filter(({ at }) => at < from && isThen(at)));
    if (then.payments < recentMin) return false;
    if (shareOf(then) - shareOf(recent) < fallMin) return true;
    return atMost(recent.attributed, recent.payments, shareOf(then)) > rhythmChanceMax;
  });
}

/** When coverage came back after a fall; null: it has not. Refutes the low share, so that it does not flap. */
export function recoveredAt(buckets: readonly CoverageBucket[], fall: CoverageFall, now: number): number | null {
  const { recentMin, backMax, backChanceMax, graceMs } = COVERAGE_RULE;
  const low = upperShare(fall.recent);
  const half = (shareOf(fall.past) + shareOf(fall.recent)) / 2;
  const since = buckets.filter(({ at }) => at >= fall.since && at <= now - graceMs);
  const tail = { payments: 0, attributed: 0 };
  for (const bucket of since.toReversed()) {
    tail.payments += bucket.payments;
    tail.attributed += bucket.attributed;
    if (tail.payments > backMax && tail.payments > bucket.payments) return null;
    if (tail.payments < recentMin || shareOf(tail) < half) continue;
    if (atMost(tail.payments - tail.attributed, tail.payments, 1 - low) <= backChanceMax) return turnedAt(since, half);
  }
  return null;
}

export function shareOf({ payments, attributed }: Counted): number {
  return payments === 0 ? 0 : attributed / payments;
}

function sum(buckets: readonly CoverageBucket[]): Counted {
  return buckets.reduce(
    (total, { payments, attributed }) => ({
      payments: total.payments + payments,
      attributed: total.attributed + attributed,
    }),
    { payments: 0, attributed: 0 },
  );
}

/** From where on the counts lie furthest above this share, or (side −1) below it: where it turned. */
function turnedAt(buckets: readonly CoverageBucket[], share: number, side: 1 | -1 = 1): number {
  let [sumSoFar, greatest, turn] = [0, 0, buckets[0]?.at ?? 0];
  for (const { at, payments, attributed } of buckets.toReversed()) {
    sumSoFar += (attributed - payments * share) * side;
    if (sumSoFar > greatest) [greatest, turn] = [sumSoFar, at];
  }
  return turn;
}

const Z = 1.96;
/** Wilson's 95 % interval of a share: what it surely was, and at most was. */
const lowerShare = (counted: Counted) => wilson(counted, -1);
const upperShare = (counted: Counted) => wilson(counted, 1);

function wilson({ payments: n, attributed }: Counted, side: 1 | -1): number {
  const share = attributed / n;
  const middle = share + Z ** 2 / (2 * n);
  const spread = Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return Math.min(1, Math.max(0, (middle + side * spread) / (1 + Z ** 2 / n)));
}

/** P(X ≤ k) of n tries that succeed with this chance. In logarithms: n may be thousands. */
function atMost(k: number, n: number, chance: number): number {
  if (k >= n) return 1;
  if (chance <= 0) return 1;
  if (chance >= 1) return 0;
  const [yes, no] = [Math.log(chance), Math.log1p(-chance)];
  let ways = 0;
  let total = 0;
  for (let i = 0; i <= k; i += 1) {
    total += Math.exp(ways + i * yes + (n - i) * no);
    ways += Math.log(n - i) - Math.log(i + 1);
  }
  return Math.min(1, total);
}
