import { shareOf } from '../core/coverage.ts';
import type { Alert } from '../storage/records/records-alerts.ts';

const iso = (timeMs: number) => new Date(timeMs).toISOString();
const share = (counted: { payments: number; attributed: number }) => Math.round(shareOf(counted) * 1_000) / 1_000;

/** An alert, in the shape of http/contract-alerts.ts and of the webhook. */
export function alertAnswer({ id, mode, kind, since, openedAt, resolvedAt, resolution, resolvedBy, detail }: Alert) {
  return {
    id,
    mode,
    kind,
    since: iso(since),
    opened_at: iso(openedAt),
    resolved_at: resolvedAt === null ? null : iso(resolvedAt),
    resolution,
    resolved_by: resolvedBy,
    /** Shares of payments with a known visitor. */
    coverage: { ...detail.recent, share: share(detail.recent) },
    usual: { ...detail.past, share: share(detail.past) },
    window_hours: Math.round(detail.windowMs / 3_600_000),
    reasons: detail.reasons,
  };
}
