import type { Site } from '../storage/records/records.ts';
import { CONNECTION_CHECKS } from './doctor-connections.ts';
import { COVERAGE_CHECKS } from './doctor-coverage.ts';
import { CHECKS } from './doctor-finding.ts';
import type { CheckCode, CheckUp, Examined } from './doctor-finding.ts';
import { PAYMENT_CHECKS } from './doctor-payments.ts';
import { examine } from './doctor-read.ts';
import type { DoctorDeps } from './doctor-read.ts';
import { WEBHOOK_CHECKS } from './doctor-webhooks.ts';

const WEIGHT = { error: 0, warning: 1, note: 2 } as const;

/** Looks at everything that was read, and says what is wrong, the worst first. */
export function checkUp(examined: Examined): CheckUp {
  const all = { ...CONNECTION_CHECKS, ...WEBHOOK_CHECKS, ...PAYMENT_CHECKS, ...COVERAGE_CHECKS };
  const codes = Object.keys(CHECKS) as CheckCode[];
  const results = codes.map((code) => ({ code, result: all[code]?.(examined) ?? [] }));
  const findings = results.flatMap(({ result }) => ('skipped' in result ? [] : result));
  return {
    checkedAt: examined.now,
    // Stable: findings of one weight stay in the order of reading.
    findings: findings.toSorted((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]),
    checks: results.map(({ code, result }) => ({
      code,
      title: CHECKS[code],
      state: 'skipped' in result ? 'skipped' : result.length > 0 ? 'found' : 'passed',
      reason: 'skipped' in result ? result.skipped : null,
    })),
  };
}

/** The check-up of a site. Several who ask at once share one: it calls Stripe a few times per connection. */
export function createDoctor(deps: DoctorDeps): (site: Site) => Promise<CheckUp> {
  const underWay = new Map<string, Promise<CheckUp>>();
  return (site) => {
    const known = underWay.get(site.id);
    if (known) return known;
    const run = examine(deps, site)
      .then(checkUp)
      .finally(() => underWay.delete(site.id));
    underWay.set(site.id, run);
    return run;
  };
}
