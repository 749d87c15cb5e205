import type { Rate } from '../../core/rates.ts';

/** 'file': a person imported it, and it stands; 'feed': fetched, and never replaces what a person imported. */
export type RateSource = 'file' | 'feed';

/** Exchange rates of the whole installation, one per (day, base, quote). */
export interface Rates {
  /** Stores them. @returns those that were new or changed, in the order given */
  put(rates: readonly Rate[], source: RateSource): Promise<Rate[]>;
  /** Rates into these currencies, of the days from `from` to `to`, inclusive. */
  between(from: string, to: string, quotes: readonly string[]): Promise<Rate[]>;
  /**
   * Payments of a site, by id after `afterId`, with an entry of that time (epoch ms, `until` exclusive) whose amount or fee is
   * in another currency than the site's: a rate may say them.
   */
  payments(
    site: string,
    currency: string,
    time: { from: number; until: number },
    page: { afterId: string | null; limit: number },
  ): Promise<string[]>;
  /** The first and the last day with a rate; null when there are none. */
  known(): Promise<{ from: string; to: string } | null>;
}
