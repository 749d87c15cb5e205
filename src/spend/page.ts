import { DIRECT_MEDIUM } from '../core/acquisition.ts';
import { DEFAULT_MODEL } from '../core/attribution/models.ts';
import type { Mode } from '../core/payment.ts';
import { addDays, dayAt } from '../core/report-days.ts';
import { createSuggestions } from '../core/spend-match.ts';
import type { SeenOrigin } from '../core/spend-match.ts';
import { NO_CAMPAIGN } from '../core/spend.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { CampaignSpend, SpendImport } from '../storage/records/records-spend.ts';

const IMPORTS_SHOWN = 50;
const CAMPAIGNS_SHOWN = 2_000;
const SEEN_MAX = 5_000;
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
  return async (site: Site, days: { from?: string | undefined; to?: string | undefined }) => {
    const to = days.to ?? dayAt(now(), site.timezone);
    const from = days.from ?? addDays(to, 1 - DEFAULT_DAYS);
    const [imports, spent, aliases, seen] = await Promise.all([
      records.spend.imports(site.id, IMPORTS_SHOWN),
      records.spend.campaigns(site.id, { from, to }, CAMPAIGNS_SHOWN),
      records.spend.aliases(site.id),
      seenOrigins(facts, site, { from, to }, await defaultMode(site.id)),
    ]);
    const campaigns = campaignsOf(spent, seen);
    const unmatched = campaigns.filter(({ visitors }) => visitors === 0);
    return {
      currency: site.currency,
      from,
      to,
      imports: imports.map(importAnswer),
      campaigns,
      unmatched: { campaigns: unmatched.length, spend: sums(unmatched.flatMap(({ spend }) => spend)) },
      aliases: aliases.map(({ campaignKey, ...alias }) => ({ ...alias, campaign_key: campaignKey })),
    };
  };
}

type Days = { from: string; to: string };

async function seenOrigins(facts: Pick<Facts, 'report'>, site: Site, days: Days, mode: Mode): Promise<SeenOrigin[]> {
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
    filters: [],
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

const originKey = (source: string, medium: string, campaign: string) =>
  JSON.stringify([source, medium || DIRECT_MEDIUM, campaign || NO_CAMPAIGN]);

/** One for each campaign, whatever currencies it was paid in; the most expensive first. */
function campaignsOf(spent: readonly CampaignSpend[], seen: readonly SeenOrigin[]) {
  const visitors = new Map(seen.map((one) => [originKey(one.source, one.medium, one.campaign), one.visitors]));
  const suggest = createSuggestions(seen);
  let suggestions = 0;
  const groups = Map.groupBy(spent, (one) =>
    JSON.stringify([one.platform, one.account, one.campaignId, one.campaign, one.source, one.medium, one.utmCampaign]),
  );
  return [...groups.values()].map((group) => {
    const [first] = group as [CampaignSpend];
    const { platform, account, campaignId, campaign, source, medium, utmCampaign, channel } = first;
    const arrived = visitors.get(originKey(source, medium, utmCampaign)) ?? 0;
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
      suggestions: isHelped ? suggest({ campaign, campaignId, source }) : [],
    };
  });
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
