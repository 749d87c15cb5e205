import { formatMinor } from '../core/currency.ts';
import { minorOf } from '../core/spend-numbers.ts';
import type { SpendLine } from '../core/spend.ts';
import type { NamedLine, ReadLine } from './read-line.ts';

/** A campaign's day, and the line it begins on. */
export interface GroupedLine {
  line: number;
  spend: SpendLine;
}

export interface GroupedSpend {
  lines: GroupedLine[];
  /** Lines that contradict others of their campaign's day. */
  rejected: NamedLine[];
}

/**
 * One line for each campaign and day: exports by ad group, ad, device or network are added up, so that a later export by
 * something else replaces them and does not come beside them.
 */
export function groupLines(lines: readonly ReadLine[]): GroupedSpend {
  const groups = Map.groupBy(lines, ({ spend }) =>
    JSON.stringify([
      spend.day,
      spend.account,
      spend.campaignId || spend.campaign,
      spend.campaignId !== '',
      spend.source,
      spend.medium,
    ]),
  );
  const answer: GroupedSpend = { lines: [], rejected: [] };
  for (const group of groups.values()) {
    const [first, ...others] = group as [ReadLine, ...ReadLine[]];
    const { currency, campaign, day } = first.spend;
    const alike = others.filter((other) => other.spend.currency === currency);
    for (const other of others.filter((one) => one.spend.currency !== currency)) {
      const reason = `is in ${other.spend.currency}, while line ${first.line} has the same campaign and day in ${currency}`;
      answer.rejected.push({ line: other.line, reason });
    }
    const all = [first, ...alike];
    const amountMinor = minorOf(
      all.reduce((sum, { exact }) => sum + exact, 0n),
      currency,
    );
    if (amountMinor === null) {
      answer.rejected.push({ line: first.line, reason: `"${campaign}" on ${day} costs more than can be counted` });
      continue;
    }
    const clicks = total(all.map(({ spend }) => spend.clicks));
    const impressions = total(all.map(({ spend }) => spend.impressions));
    answer.lines.push({ line: first.line, spend: { ...first.spend, amountMinor, clicks, impressions } });
  }
  return answer;
}

function total(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

/** '12.00 usd, 3.00 eur' */
export function inWords(totals: readonly { currency: string; amount: number }[]): string {
  return totals.map(({ currency, amount }) => formatMinor(amount, currency)).join(', ') || 'nothing';
}
