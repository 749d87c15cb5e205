import type { Reading } from './scenario-expect.ts';

/** What currencies are worth: at Stripe, which settles by it from then on, or in the rates that Headwater is given. */
export interface ExchangeAction {
  kind: 'stripe exchanges' | 'rates say';
  /** One unit of `base` is `rate` of `quote`. */
  base: string;
  quote: string;
  /** Exact decimal. */
  rate: string;
}

/** Null: the statement is about something else. */
export function readExchange(text: string, { fail }: Reading): ExchangeAction | null {
  const [, kind, rest] = /^(stripe exchanges|rates say) (.+)$/.exec(text) ?? [];
  if (kind === undefined || rest === undefined) return null;
  const [, base, rate, quote] = /^1 ([a-z]{3}) = (\d{1,9}(?:\.\d{1,12})?) ([a-z]{3})$/.exec(rest) ?? [];
  if (base === undefined || rate === undefined || quote === undefined || base === quote) {
    throw fail(`write "${kind} 1 eur = 1.0931 usd"`);
  }
  return { kind: kind as ExchangeAction['kind'], base, quote, rate };
}
