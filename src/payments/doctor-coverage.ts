import { shareOf } from '../core/coverage.ts';
import type { Checks } from './doctor-finding.ts';
import { passVisitorId } from './doctor-remedies.ts';

const percent = (counted: Parameters<typeof shareOf>[0]) => `${Math.round(shareOf(counted) * 100)} %`;

/** What the watch over coverage has raised, and nobody has accepted. */
export const COVERAGE_CHECKS: Checks = {
  coverage_fell({ fall, site }) {
    if (fall === null) return [];
    const { recent, past, reasons } = fall.detail;
    const [reason] = Object.entries(reasons).toSorted(([, a], [, b]) => b - a)[0] ?? [];
    const since = new Date(fall.since).toISOString().slice(0, 16).replace('T', ' ');
    return [
      {
        code: 'coverage_fell',
        severity: 'error',
        title: `${percent(recent)} of new payments are attributed; ${percent(past)} is usual`,
        detail: `Since about ${since} UTC: ${recent.attributed} of ${recent.payments} when it was noticed.${reason ? ` Most often: ${reason.replaceAll('_', ' ')}.` : ''} What was published then may have dropped the visitor id.`,
        objects: [],
        remedy: passVisitorId(site.domain),
      },
    ];
  },
};
