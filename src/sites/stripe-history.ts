import type { BackfillProgress } from '../payments/backfill-plan.ts';
import { backfillJobOf } from '../payments/backfill-start.ts';
import { POLL } from '../payments/poll-place.ts';
import type { PollPlace } from '../payments/poll-place.ts';
import type { Connection, Job, Records } from '../storage/records/records.ts';

const GAPS_SHOWN = 50;
const DAYS_SHOWN = 100;

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null | undefined) => (at === null || at === undefined ? null : iso(at));

/** How far history is read, what webhooks missed, and whether the ledger equals Stripe; shaped by http/contract.ts. */
export function createStripeHistory({ records }: { records: Records }) {
  async function historyOf(connection: Connection) {
    const jobId = await backfillJobOf(records, connection.id);
    const job = jobId === null ? null : await records.jobs.get(jobId);
    const polled = await records.cursors.get(connection.id, POLL);
    const delivered = await records.deliveries.ofConnection(connection.id);
    return {
      id: connection.id,
      livemode: connection.mode === 'live',
      backfill: job && backfillAnswer(job),
      polling: polled && pollingAnswer(polled.body as unknown as PollPlace),
      last_delivery_at: isoOrNull(delivered.length === 0 ? null : Math.max(...delivered.map((it) => it.lastAt))),
    };
  }

  return async ({ id }: { id: string }) => {
    const connections = await records.connections.ofSite(id);
    const [gaps, days] = await Promise.all([
      records.gaps.ofSite(id, GAPS_SHOWN),
      records.reconciliations.ofSite(id, DAYS_SHOWN),
    ]);
    return {
      connections: await Promise.all(connections.map(historyOf)),
      gaps: gaps.map((gap) => ({
        connection: gap.connection,
        from: iso(gap.fromAt),
        to: iso(gap.toAt),
        found_at: iso(gap.foundAt),
        by: gap.by,
        brought: gap.brought,
      })),
      reconciliation: days.map((day) => ({
        connection: day.connection,
        day: day.day,
        currency: day.currency,
        stripe_minor: day.providerMinor,
        ledger_minor: day.ledgerMinor,
        checked_at: iso(day.checkedAt),
        residuals: day.residuals.map(({ amountMinor, ...residual }) => ({ ...residual, amount_minor: amountMinor })),
      })),
    };
  };
}

function backfillAnswer(job: Job) {
  const { steps, bad, startedAt } = job.progress as Partial<BackfillProgress>;
  return {
    state: job.state,
    /** Why it failed, or what it waits for. */
    error: job.error,
    started_at: isoOrNull(startedAt),
    steps: Object.entries(steps ?? {}).map(([list, step]) => ({
      list,
      state: step.state,
      objects: step.objects,
      new: step.fresh,
      reason: step.reason,
    })),
    bad: bad ?? [],
  };
}

function pollingAnswer(place: PollPlace) {
  return {
    by: (place.listsUntil ?? 0) > (place.polledAt ?? 0) ? ('lists' as const) : ('events' as const),
    read_until: iso(place.from),
    polled_at: isoOrNull(place.polledAt),
    error: place.error,
  };
}
