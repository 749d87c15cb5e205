import { moneyObjectOf } from '../core/ledger.ts';
import type { BackfillProgress } from '../payments/backfill-plan.ts';
import { backfillJobOf } from '../payments/backfill-start.ts';
import { reconcileJobOf } from '../payments/reconcile-start.ts';
import type { ReconcileProgress } from '../payments/reconcile.ts';
import { POLL } from '../payments/poll-place.ts';
import type { PollPlace } from '../payments/poll-place.ts';
import type { ReconciledDay } from '../storage/records/records-history.ts';
import type { Connection, Job, Records } from '../storage/records/records.ts';

const GAPS_SHOWN = 50;
const DAYS_SHOWN = 100;
const OBJECTS_MAX = 400;

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
      reconcile: reconcileAnswer(await reconcileJobOf(records, connection.id)),
    };
  }

  return async ({ id }: { id: string }) => {
    const connections = (await records.connections.ofSite(id)).filter(({ status }) => status !== 'disconnected');
    const [gaps, days] = await Promise.all([
      records.gaps.ofSite(id, GAPS_SHOWN),
      records.reconciliations.ofSite(id, DAYS_SHOWN),
    ]);
    const paymentOf = await paymentsBehind(records, id, days);
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
        residuals: day.residuals.map(({ amountMinor, ...residual }) => ({
          ...residual,
          amount_minor: amountMinor,
          payment: residual.name === 'not_a_payment' ? null : paymentOf(residual.objects),
        })),
      })),
    };
  };
}

/** Which payment a money object or a balance transaction belongs to, as far as the ledger knows. */
async function paymentsBehind(records: Records, site: string, days: readonly ReconciledDay[]) {
  const residuals = days.flatMap((day) => day.residuals).filter(({ name }) => name !== 'not_a_payment');
  const ids = [...new Set(residuals.flatMap(({ objects }) => objects))].slice(0, OBJECTS_MAX);
  const found = new Map<string, string>();
  if (ids.length === 0) return () => null;
  for (const { id, balanceTransaction, paymentId } of await records.ledger.entriesAbout(site, ids, ids)) {
    found.set(moneyObjectOf(id), paymentId).set(paymentId, paymentId);
    if (balanceTransaction !== null) found.set(balanceTransaction, paymentId);
  }
  return (objects: readonly string[]) => {
    const known = objects.find((object) => found.has(object));
    return known === undefined ? null : found.get(known)!;
  };
}

function reconcileAnswer(job: Job | null) {
  if (!job) return null;
  const { day, healed, healedCount } = job.progress as Partial<ReconcileProgress>;
  return {
    state: job.state,
    error: job.error,
    from: String(job.args.from),
    to: String(job.args.to),
    day: day ?? null,
    healed: (healed ?? []).map(({ amountMinor, ...it }) => ({ ...it, amount_minor: amountMinor })),
    healed_count: healedCount ?? 0,
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
