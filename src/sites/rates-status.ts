import type { Mode } from '../core/payment.ts';
import { dayAt, EARLIEST_DAY } from '../core/report-days.ts';
import { DEFAULT_MODEL } from '../core/attribution/models.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records, Site } from '../storage/records/records.ts';

export interface RatesStatusOptions {
  records: Pick<Records, 'rates'>;
  facts: Pick<Facts, 'report'>;
  /** How the feed does; null: no feed is set. */
  feed: (() => Promise<{ fetchedAt: number | null; error: string | null }>) | null;
  defaultMode(site: string): Promise<Mode>;
  now(): number;
}

/** *Settings > Site*: since when rates are known, and what could not be converted; in the shape of http/contract.ts. */
export function createRatesStatus({ records, facts, feed, defaultMode, now }: RatesStatusOptions) {
  return async (site: Site) => {
    const [known, mode, state] = await Promise.all([records.rates.known(), defaultMode(site.id), feed?.() ?? null]);
    const { unconverted } = await facts.report({
      site: site.id,
      timezone: site.timezone,
      currency: site.currency,
      mode,
      metrics: ['revenue', 'gross'],
      dimensions: [],
      from: EARLIEST_DAY,
      to: dayAt(now(), site.timezone),
      model: DEFAULT_MODEL,
      by: 'entry_date',
      filters: [],
      order: null,
      limit: 1,
      bots: 'exclude',
    });
    return {
      currency: site.currency,
      known,
      feed: state && {
        fetched_at: state.fetchedAt === null ? null : new Date(state.fetchedAt).toISOString(),
        error: state.error,
      },
      mode,
      unconverted: Object.entries(unconverted ?? {}).map(([currency, { gross = 0, revenue = 0 }]) => ({
        currency,
        gross,
        revenue,
      })),
    };
  };
}
