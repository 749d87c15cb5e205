import { currencyExponent } from './currency.ts';
import { addDays } from './report-days.ts';

/** What one unit of `base` was worth in `quote` on a day: 1 eur = 1.0931 usd. */
export interface Rate {
  /** 'YYYY-MM-DD', UTC. */
  day: string;
  /** Lower-case ISO 4217 codes. */
  base: string;
  quote: string;
  /** Exact decimal as published, '1.0931'. Positive. */
  rate: string;
}

/** A fraction of two positive integers: rates are never floating point, so two machines cannot round them differently. */
export interface Ratio {
  above: bigint;
  below: bigint;
}

/** Rates are published on working days; one that is older than a long weekend or a holiday week says nothing. */
export const RATE_AGE_MAX_DAYS = 7;

export interface FoundRate extends Ratio {
  /** The rates that were used, for a person to look up: '2026-11-02 eur/usd 1.0931'. */
  evidence: string;
}

/** Day → base → quote → rate. */
export type RateTable = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, string>>>;

export function rateTable(rates: Iterable<Rate>): RateTable {
  const table = new Map<string, Map<string, Map<string, string>>>();
  for (const { day, base, quote, rate } of rates) {
    const ofDay = table.get(day) ?? new Map<string, Map<string, string>>();
    const ofBase = ofDay.get(base) ?? new Map<string, string>();
    table.set(day, ofDay.set(base, ofBase.set(quote, rate)));
  }
  return table;
}

/** '1.0931' → 10931 ÷ 10000; null for anything that is no positive decimal of at most 20 digits on each side. */
export function ratioOf(decimal: string): Ratio | null {
  const match = /^(\d{1,20})(?:\.(\d{1,20}))?$/.exec(decimal);
  if (!match) return null;
  const [, whole = '', fraction = ''] = match;
  const above = BigInt(whole + fraction);
  return above === 0n ? null : { above, below: 10n ** BigInt(fraction.length) };
}

/** The rate of the day, else the latest one at most seven days before; null when there is none. */
export function findRate(from: string, to: string, day: string, table: RateTable): FoundRate | null {
  for (let age = 0; age <= RATE_AGE_MAX_DAYS; age += 1) {
    const at = addDays(day, -age);
    const ofDay = table.get(at);
    const found = ofDay && rateOfDay(from, to, ofDay);
    if (found) return { ...found, evidence: `${at} ${found.evidence}` };
  }
  return null;
}

type RatesOfDay = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Direct, inverse, or crossed through a base both are quoted against (the first by name, where there are several). */
function rateOfDay(from: string, to: string, ofDay: RatesOfDay): FoundRate | null {
  const quoted = (base: string, quote: string) => {
    const rate = ofDay.get(base)?.get(quote);
    const ratio = rate === undefined ? null : ratioOf(rate);
    return ratio && { ...ratio, evidence: `${base}/${quote} ${rate}` };
  };
  const direct = quoted(from, to);
  if (direct) return direct;
  const inverse = quoted(to, from);
  if (inverse) return { above: inverse.below, below: inverse.above, evidence: inverse.evidence };
  for (const base of [...ofDay.keys()].sort()) {
    const [source, target] = [quoted(base, from), quoted(base, to)];
    if (!source || !target) continue;
    const evidence = `${source.evidence}, ${target.evidence}`;
    return { above: target.above * source.below, below: target.below * source.above, evidence };
  }
  return null;
}

/** A rate between major units as the ratio between minor units: 1 usd = 155 jpy is 155 ÷ 100, 1 usd = 0.307 kwd 3.07. */
export function minorRatio({ above, below }: Ratio, from: string, to: string): Ratio {
  return { above: above * 10n ** BigInt(currencyExponent(to)), below: below * 10n ** BigInt(currencyExponent(from)) };
}

/** amount × ratio to the nearest minor unit, halves away from zero; null when the result is no safe integer. */
export function timesRatio(amountMinor: number | bigint, { above, below }: Ratio): number | null {
  const product = BigInt(amountMinor) * above;
  const size = ((product < 0n ? -product : product) * 2n + below) / (below * 2n);
  const rounded = Number(product < 0n ? -size : size);
  return Number.isSafeInteger(rounded) ? rounded : null;
}

export interface Converted {
  amountMinor: number;
  evidence: string;
}

/**
 * An amount in another currency by dated rates. Null: no rate is known, so it stays apart; it is never guessed.
 *
 * @param day 'YYYY-MM-DD', UTC
 */
export function convertMinor(
  amountMinor: number,
  from: string,
  to: string,
  day: string,
  table: RateTable,
): Converted | null {
  if (from === to) return { amountMinor, evidence: '' };
  const rate = findRate(from, to, day, table);
  const converted = rate && timesRatio(amountMinor, minorRatio(rate, from, to));
  return rate && converted !== null ? { amountMinor: converted, evidence: rate.evidence } : null;
}

/** 'YYYY-MM-DD' of an instant, UTC: the day whose rate counts. */
export function rateDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
