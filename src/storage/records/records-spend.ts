import type { SpendAlias, SpendLine, SpendPlatform, SpendRow } from '../../core/spend.ts';

/** One import of spend. Its lines stand unless a later import has the same campaign and day, or it was undone. */
export interface SpendImport {
  /** Grows with each import. */
  seq: number;
  id: string;
  site: string;
  /** 'staging': its lines are being stored, and count as little as those of one that was undone. */
  state: 'staging' | 'done' | 'undone';
  /** The file's name, or what came by the API. */
  name: string;
  platform: SpendPlatform;
  createdAt: number;
  summary: SpendSummary;
}
export interface SpendSummary {
  from: string;
  to: string;
  /** Campaigns' days. */
  lines: number;
  campaigns: number;
  rejected: number;
  totals: { currency: string; amount: number }[];
}

/** A campaign's day. The key is the campaign's, whatever the file called it. It has one line for each currency it was paid in. */
export interface SpendPlace {
  day: string;
  key: string;
}
export interface KeyedLine extends SpendPlace {
  line: SpendLine;
}
/** What stands, as it is in the facts store. */
export interface StandingSpend extends SpendPlace {
  row: SpendRow;
}

/** How a campaign was called in an import. */
export interface CampaignIdentity {
  key: string;
  account: string;
  campaignId: string;
  campaign: string;
}

/** A campaign's spend in one currency over a range of days. */
export interface CampaignSpend extends Omit<CampaignIdentity, 'key'> {
  platform: SpendPlatform;
  source: string;
  medium: string;
  utmCampaign: string;
  channel: string;
  currency: string;
  amountMinor: number;
  /** What of it counts in the currency the site reports in; null: no day of it has a rate. */
  reportingMinor: number | null;
  clicks: number;
  impressions: number;
  /** Days without a rate into the site's currency. */
  unconvertedDays: number;
  from: string;
  to: string;
}

export interface SpendDays {
  from?: string | undefined;
  to?: string | undefined;
  platform?: SpendPlatform | undefined;
}

export interface Spend {
  /** In the state 'staging'. */
  addImport(row: Pick<SpendImport, 'site' | 'name' | 'platform' | 'summary'>, now: number): Promise<SpendImport>;
  addLines(site: string, seq: number, lines: readonly KeyedLine[]): Promise<void>;
  /** False when it is not in the state `from` (any more). */
  moveImport(site: string, id: string, from: SpendImport['state'], to: SpendImport['state']): Promise<boolean>;
  getImport(site: string, id: string): Promise<SpendImport | null>;
  /** Newest first; those still staging left out. */
  imports(site: string, limit: number): Promise<SpendImport[]>;
  /** Forgets imports that began before and never finished. */
  dropStaging(site: string, before: number): Promise<void>;
  /** Places of an import's lines in the order (day, key), after one of them. */
  importPlaces(site: string, seq: number, after: SpendPlace | null, limit: number): Promise<SpendPlace[]>;
  /** Places with standing spend, in the order (day, key), after one of them. */
  standingPlaces(site: string, days: SpendDays, after: SpendPlace | null, limit: number): Promise<SpendPlace[]>;
  /** Of each place all lines of the latest import there that is done. */
  winners(site: string, places: readonly SpendPlace[]): Promise<KeyedLine[]>;
  standing(site: string, places: readonly SpendPlace[]): Promise<StandingSpend[]>;
  put(rows: readonly StandingSpend[]): Promise<void>;
  /** All that stands at these places. */
  remove(site: string, places: readonly SpendPlace[]): Promise<void>;
  /** What the campaigns of a platform were called in all imports. */
  identities(site: string, platform: SpendPlatform): Promise<CampaignIdentity[]>;
  /** By name. */
  campaigns(site: string, days: SpendDays): Promise<CampaignSpend[]>;
  aliases(site: string): Promise<SpendAlias[]>;
  putAlias(site: string, alias: SpendAlias): Promise<void>;
  removeAlias(site: string, alias: Pick<SpendAlias, 'platform' | 'campaignKey'>): Promise<void>;
}
