import type { CoverageBucket } from '../../core/coverage.ts';
import type { Mode } from '../../core/payment.ts';

/** How much of the money is attributed. */
export interface CoverageFacts {
  /**
   * Payments of these days (inclusive, of the zone) by why they are unattributed; null: attributed. Revenue is what is said in
   * the currency, refunds and disputes taken off on the payment's own day.
   */
  coverageByDay(question: {
    site: string;
    mode: Mode;
    from: string;
    to: string;
    timezone: string;
    currency: string;
  }): Promise<{ day: string; reason: string | null; payments: number; revenueMinor: number }[]>;
  /**
   * New money, by five minutes: who paid, and of how many the visitor is known. Renewals follow their subscription, and
   * what was paid off Stripe or rejected by a person says nothing of the integration: they are left out.
   */
  coverageCounts(site: string, mode: Mode, fromMs: number, untilMs: number): Promise<CoverageBucket[]>;
  /** Why those of `coverageCounts` are unattributed that are: the same who, in the same five minutes. */
  coverageReasons(
    site: string,
    mode: Mode,
    fromMs: number,
    untilMs: number,
  ): Promise<{ at: number; reason: string; payments: number }[]>;
}
