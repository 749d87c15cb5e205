import { formatMinor } from '../core/currency.ts';
import { minorOf } from '../core/spend-numbers.ts';
import type { SpendLine } from '../core/spend.ts';
import type { NamedLine, ReadLine } from './read-line.ts';

/** A campaign's day in one currency, and the line it begins on. */
export interface GroupedLine {
  line: number;
  spend: SpendLine;
}

export interface GroupedSpend {
  lines: GroupedLine[];
  /** Where more was spent than can be counted. */
  rejected: NamedLine[];
}

/**
 * One line for each campaign, day and currency (exports of several accounts hold several). Exports by ad group, ad, device or
 * network are added up, so that a later export by something else replaces them and does not come beside them.
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
      spend.currency,
    ]),
  );
  const answer: GroupedSpend = { lines: [], rejected: [] };
  for (const group of groups.values()) {
    const [first] = group as [ReadLine, ...ReadLine[]];
    const { currency, campaign, day } = first.spend;
    const amountMinor = minorOf(
      group.reduce((sum, { exact }) => sum + exact, 0n),
      currency,
    );
    if (amountMinor === null) {
      answer.rejected.push({ line: first.line, reason: `"${campaign}" on ${day} costs more than can be counted` });
      continue;
    }
    const clicks = total(group.map(({ spend }) => spend.clicks));
    const impressions = total(group.map(({ spend }) => spend.impressions));
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
