import { DIRECT_MEDIUM } from '../core/acquisition.ts';
import { DEFAULT_MODEL } from '../core/attribution/models.ts';
import { chunksOf } from '../core/chunks.ts';
import type { Mode } from '../core/payment.ts';
import type { FilterGroup, FilterNode } from '../core/report.ts';
import { addDays, dayAt } from '../core/report-days.ts';
import { createSuggestions } from '../core/spend-match.ts';
import type { SeenOrigin } from '../core/spend-match.ts';
import { NO_CAMPAIGN } from '../core/spend.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { CampaignSpend, SpendImport } from '../storage/records/records-spend.ts';
import { SpendRefused } from './refused.ts';

const IMPORTS_SHOWN = 50;
/** Of those with visitors. Spend that met none is shown whole: what is not listed could not be mended. */
const MATCHED_SHOWN = 2_000;
/** Suggestions come from the most visited ones: a shop may have more than can be looked through. */
const SEEN_MAX = 5_000;
/** Their names go to the store in the address of one request. */
const ASKED_AT_ONCE = 100;
/** Suggestions are for people: those for the most expensive campaigns. */
const SUGGESTED_FOR = 50;
const DEFAULT_DAYS = 30;

export interface SpendPageOptions {
  records: Pick<Records, 'spend'>;
  facts: Pick<Facts, 'report'>;
  defaultMode(site: string): Promise<Mode>;
  now(): number;
}

/** The page *Spend*: imports, campaigns with what their visitors are tagged with, and those without visitors. */
export function createSpendPage({ records, facts, defaultMode, now }: SpendPageOptions) {
  return async (site: Site, asked: { from?: string | undefined; to?: string | undefined; mode?: Mode | undefined }) => {
    const to = asked.to ?? dayAt(now(), site.timezone);
    const from = asked.from ?? addDays(to, 1 - DEFAULT_DAYS);
    if (from > to) {
      // Where only one of them was said the other is ours, and the message says which.
      const remedy = asked.to === undefined ? '; say "to" as well, or an earlier day' : '';
      throw new SpendRefused('from', `${from} is after ${to}${remedy}`, 'invalid');
    }
    const mode = asked.mode ?? (await defaultMode(site.id));
    const ask = (filters: FilterNode[]) => seenOrigins(facts, site, { from, to }, mode, filters);
    const [imports, spent, aliases, seen] = await Promise.all([
      records.spend.imports(site.id, IMPORTS_SHOWN),
      records.spend.campaigns(site.id, { from, to }),
      records.spend.aliases(site.id),
      ask([]),
    ]);
    const campaigns = campaignsOf(spent, await visitorsOf(spent, seen, ask), seen);
    const unmatched = campaigns.filter(({ visitors }) => visitors === 0);
    let matched = 0;
    const shown = campaigns.filter(({ visitors }) => visitors === 0 || (matched += 1) <= MATCHED_SHOWN);
    return {
      currency: site.currency,
      from,
      to,
      imports: imports.map(importAnswer),
      campaigns: shown,
      not_shown: campaigns.length - shown.length,
      unmatched: { campaigns: unmatched.length, spend: sums(unmatched.flatMap(({ spend }) => spend)) },
      aliases: aliases.map(({ campaignKey, ...alias }) => ({ ...alias, campaign_key: campaignKey })),
    };
  };
}

type Days = { from: string; to: string };

async function seenOrigins(
  facts: Pick<Facts, 'report'>,
  site: Site,
  days: Days,
  mode: Mode,
  filters: FilterNode[],
): Promise<SeenOrigin[]> {
  const { rows } = await facts.report({
    site: site.id,
    timezone: site.timezone,
    currency: site.currency,
    mode,
    metrics: ['visitors'],
    dimensions: ['source', 'medium', 'campaign'],
    ...days,
    model: DEFAULT_MODEL,
    by: 'entry_date',
    filters,
    order: null,
    limit: SEEN_MAX,
    bots: 'exclude',
  });
  return rows.map((row) => ({
    source: String(row.source),
    medium: String(row.medium),
    campaign: String(row.campaign),
    visitors: Number(row.visitors),
  }));
}

type Origin = Pick<SeenOrigin, 'source' | 'medium' | 'campaign'>;

/** As reports name it. */
const originOf = ({ source, medium, utmCampaign }: CampaignSpend): Origin => ({
  source,
  medium: medium || DIRECT_MEDIUM,
  campaign: utmCampaign || NO_CAMPAIGN,
});
const keyOf = ({ source, medium, campaign }: Origin) => JSON.stringify([source, medium, campaign]);

/**
 * How many arrived with what there is spend on; the origin's key → visitors. Asked for by name where there are more origins
 * than were read: among the most visited of many thousands, a small campaign is missing and would be called unmatched.
 */
async function visitorsOf(
  spent: readonly CampaignSpend[],
  seen: readonly SeenOrigin[],
  ask: (filters: FilterNode[]) => Promise<SeenOrigin[]>,
): Promise<Map<string, number>> {
  const visitors = new Map(seen.map((one) => [keyOf(one), one.visitors]));
  // All that there are: who is not among them did not come.
  if (seen.length < SEEN_MAX) return visitors;
  const origins = new Map(spent.map(originOf).map((origin) => [keyOf(origin), origin]));
  const wanted = [...origins].flatMap(([key, origin]) => (visitors.has(key) ? [] : [origin]));
  for (const some of chunksOf(wanted, ASKED_AT_ONCE)) {
    for (const one of await ask([anyOf(some)])) visitors.set(keyOf(one), one.visitors);
  }
  return visitors;
}

function anyOf(origins: readonly Origin[]): FilterGroup {
  const groups = Map.groupBy(origins, ({ source, medium }) => JSON.stringify([source, medium]));
  const parts = [...groups.values()].map((group): FilterGroup => {
    const { source, medium } = group[0]!;
    const campaigns = group.map(({ campaign }) => campaign);
    return ['and', ['source', 'is', [source]], ['medium', 'is', [medium]], ['campaign', 'is', campaigns]];
  });
  return ['or', ...parts];
}

/** One for each campaign, whatever currencies it was paid in; the most expensive in the site's currency first. */
function campaignsOf(
  spent: readonly CampaignSpend[],
  visitors: ReadonlyMap<string, number>,
  seen: readonly SeenOrigin[],
) {
  const suggest = createSuggestions(seen);
  let suggestions = 0;
  const groups = Map.groupBy(spent, (one) =>
    JSON.stringify([one.platform, one.account, one.campaignId, one.campaign, one.source, one.medium, one.utmCampaign]),
  );
  return [...groups.values()].toSorted(byCost).map((group) => {
    const [first] = group as [CampaignSpend];
    const { platform, account, campaignId, campaign, source, medium, utmCampaign, channel } = first;
    const arrived = visitors.get(keyOf(originOf(first))) ?? 0;
    const isHelped = arrived === 0 && (suggestions += 1) <= SUGGESTED_FOR;
    return {
      platform,
      account,
      campaign_id: campaignId,
      campaign,
      source,
      medium,
      utm_campaign: utmCampaign,
      channel,
      spend: sums(group.map(({ currency, amountMinor }) => ({ currency, amount: amountMinor }))),
      /** Campaign days that no exchange rate says. */
      unconverted_days: group.reduce((sum, one) => sum + one.unconvertedDays, 0),
      clicks: group.reduce((sum, { clicks }) => sum + clicks, 0),
      impressions: group.reduce((sum, { impressions }) => sum + impressions, 0),
      from: group.map((one) => one.from).sort()[0]!,
      to: group
        .map((one) => one.to)
        .sort()
        .at(-1)!,
      visitors: arrived,
      suggestions: isHelped ? suggest({ campaign, campaignId, source, medium: originOf(first).medium }) : [],
    };
  });
}

/**
 * 5,000 yen are less than 60 euros, so what was spent is compared in the site's currency. Campaigns without any rate come
 * last, each currency by itself. Alike ones keep the order of their names.
 */
function byCost(a: readonly CampaignSpend[], b: readonly CampaignSpend[]): number {
  const [costA, costB] = [costOf(a), costOf(b)];
  if (costA !== null && costB !== null) return costB - costA;
  if (costA !== null || costB !== null) return costA === null ? 1 : -1;
  const [{ currency }, { currency: other }] = [a[0]!, b[0]!];
  if (currency !== other) return currency < other ? -1 : 1;
  return b[0]!.amountMinor - a[0]!.amountMinor;
}

function costOf(group: readonly CampaignSpend[]): number | null {
  const known = group.flatMap(({ reportingMinor }) => (reportingMinor === null ? [] : [reportingMinor]));
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0);
}

function sums(amounts: readonly { currency: string; amount: number }[]) {
  const totals = new Map<string, number>();
  for (const { currency, amount } of amounts) totals.set(currency, (totals.get(currency) ?? 0) + amount);
  return [...totals]
    .map(([currency, amount]) => ({ currency, amount }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

function importAnswer({ id, name, platform, state, createdAt, summary }: SpendImport) {
  return {
    id,
    name,
    platform,
    state: state === 'undone' ? ('undone' as const) : ('done' as const),
    created_at: new Date(createdAt).toISOString(),
    ...summary,
  };
}
