import { sql, type Kysely, type Selectable } from 'kysely';
import type { SpendLine, SpendPlatform, SpendRow } from '../../core/spend.ts';
import { chunks } from './chunks.ts';
import type { Database, SpendLinesTable, SpendTable } from './database.ts';
import type { CampaignSpend, KeyedLine, Spend, SpendDays, SpendPlace, StandingSpend } from './records-spend.ts';
import { createSpendAliases } from './spend-aliases.ts';
import { createSpendImports } from './spend-imports.ts';

/** Fourteen and eighteen values a row: see chunks.ts for why not more. */
const ROWS_TOGETHER = 100;
const PLACES_TOGETHER = 250;

export function createSpend(db: Kysely<Database>): Spend {
  return {
    ...createSpendImports(db),
    ...createSpendAliases(db),
    async addLines(site, seq, lines) {
      for (const part of chunks(lines, ROWS_TOGETHER)) {
        await db
          .insertInto('spend_lines')
          .values(part.map((line) => lineRow(site, seq, line)))
          .execute();
      }
    },
    async importPlaces(site, seq, after, limit) {
      return db
        .selectFrom('spend_lines')
        .select(['day', 'campaign_key as key'])
        .distinct()
        .where('site', '=', site)
        .where('import', '=', seq)
        .$if(after !== null, (query) => query.where(afterPlace(after!)))
        .orderBy('day')
        .orderBy('campaign_key')
        .limit(limit)
        .execute();
    },
    async standingPlaces(site, days, after, limit) {
      return ofDays(db, site, days)
        .select(['day', 'campaign_key as key'])
        .distinct()
        .$if(after !== null, (query) => query.where(afterPlace(after!)))
        .orderBy('day')
        .orderBy('campaign_key')
        .limit(limit)
        .execute();
    },
    winners: (site, places) => winners(db, site, places),
    async standing(site, places) {
      const found: StandingSpend[] = [];
      for (const part of chunks(places, PLACES_TOGETHER)) {
        const rows = await db.selectFrom('spend').selectAll().where('site', '=', site).where(isOneOf(part)).execute();
        found.push(...rows.map(toStanding));
      }
      return found;
    },
    put: (rows) => put(db, rows),
    remove: (site, places) => remove(db, site, places),
    async identities(site, platform) {
      return db
        .selectFrom('spend_lines')
        .innerJoin('spend_imports', 'spend_imports.seq', 'spend_lines.import')
        .select(['spend_lines.campaign_key as key', 'account', 'campaign_id as campaignId', 'campaign'])
        .where('spend_lines.site', '=', site)
        .where('spend_lines.platform', '=', platform)
        .where('spend_imports.state', '!=', 'staging')
        .groupBy(['spend_lines.campaign_key', 'account', 'campaign_id', 'campaign'])
        .orderBy('spend_lines.campaign_key')
        .execute();
    },
    campaigns: (site, days) => campaigns(db, site, days),
  };
}

const afterPlace = ({ day, key }: SpendPlace) => sql<boolean>`(day, campaign_key) > (${day}, ${key})`;
/** Alone, without a join or an order: else SQLite takes another index, and reads all of the site for each list. */
const isOneOf = (places: readonly SpendPlace[]) =>
  sql<boolean>`(day, campaign_key) in (values ${sql.join(places.map(({ day, key }) => sql`(${day}, ${key})`))})`;

function ofDays(db: Kysely<Database>, site: string, { from, to, platform }: SpendDays) {
  let query = db.selectFrom('spend').where('site', '=', site);
  if (from !== undefined) query = query.where('day', '>=', from);
  if (to !== undefined) query = query.where('day', '<=', to);
  return platform === undefined ? query : query.where('platform', '=', platform);
}

async function winners(db: Kysely<Database>, site: string, places: readonly SpendPlace[]): Promise<KeyedLine[]> {
  const found: KeyedLine[] = [];
  for (const part of chunks(places, PLACES_TOGETHER)) {
    const rows = await db.selectFrom('spend_lines').selectAll().where('site', '=', site).where(isOneOf(part)).execute();
    const done = await doneImports(db, [...new Set(rows.map((row) => row.import))]);
    const places = Map.groupBy(
      rows.filter((row) => done.has(row.import)),
      (row) => `${row.day} ${row.campaign_key}`,
    );
    for (const told of places.values()) {
      const latest = Math.max(...told.map((row) => row.import));
      const standing = told.filter((row) => row.import === latest);
      found.push(...standing.map((row) => ({ day: row.day, key: row.campaign_key, line: toLine(row) })));
    }
  }
  return found;
}

async function doneImports(db: Kysely<Database>, seqs: readonly number[]): Promise<Set<number>> {
  const done = new Set<number>();
  for (const part of chunks(seqs)) {
    const rows = await db
      .selectFrom('spend_imports')
      .select('seq')
      .where('seq', 'in', part)
      .where('state', '=', 'done')
      .execute();
    for (const { seq } of rows) done.add(seq);
  }
  return done;
}

async function put(db: Kysely<Database>, rows: readonly StandingSpend[]): Promise<void> {
  for (const part of chunks(rows, ROWS_TOGETHER)) {
    await db
      .insertInto('spend')
      .values(part.map(standingRow))
      .onConflict((conflict) =>
        conflict.columns(['site', 'day', 'campaign_key', 'currency']).doUpdateSet((eb) => ({
          platform: eb.ref('excluded.platform'),
          account: eb.ref('excluded.account'),
          campaign_id: eb.ref('excluded.campaign_id'),
          name: eb.ref('excluded.name'),
          source: eb.ref('excluded.source'),
          medium: eb.ref('excluded.medium'),
          campaign: eb.ref('excluded.campaign'),
          channel: eb.ref('excluded.channel'),
          amount_minor: eb.ref('excluded.amount_minor'),
          reporting_currency: eb.ref('excluded.reporting_currency'),
          reporting_minor: eb.ref('excluded.reporting_minor'),
          evidence: eb.ref('excluded.evidence'),
          clicks: eb.ref('excluded.clicks'),
          impressions: eb.ref('excluded.impressions'),
        })),
      )
      .execute();
  }
}

async function remove(db: Kysely<Database>, site: string, places: readonly SpendPlace[]): Promise<void> {
  for (const [day, ofDay] of Map.groupBy(places, (place) => place.day)) {
    for (const part of chunks(ofDay.map(({ key }) => key))) {
      await db
        .deleteFrom('spend')
        .where('site', '=', site)
        .where('day', '=', day)
        .where('campaign_key', 'in', part)
        .execute();
    }
  }
}

async function campaigns(db: Kysely<Database>, site: string, days: SpendDays): Promise<CampaignSpend[]> {
  const names = [
    'platform',
    'account',
    'campaign_id',
    'name',
    'source',
    'medium',
    'campaign',
    'channel',
    'currency',
  ] as const;
  const rows = await ofDays(db, site, days)
    .select(names)
    .select((eb) => [
      eb.fn.sum<number>('amount_minor').as('amount'),
      eb.fn.sum<number | null>('reporting_minor').as('reporting'),
      eb.fn.sum<number | null>('clicks').as('clicks'),
      eb.fn.sum<number | null>('impressions').as('impressions'),
      sql<number>`sum(case when reporting_minor is null then 1 else 0 end)`.as('unconverted'),
      eb.fn.min('day').as('from'),
      eb.fn.max('day').as('to'),
    ])
    .groupBy(names)
    .orderBy('platform')
    .orderBy('name')
    .orderBy('source')
    .orderBy('medium')
    .orderBy('campaign')
    .orderBy('campaign_id')
    .orderBy('account')
    .orderBy('currency')
    .execute();
  return rows.map((row) => ({
    platform: row.platform as SpendPlatform,
    account: row.account,
    campaignId: row.campaign_id,
    campaign: row.name,
    source: row.source,
    medium: row.medium,
    utmCampaign: row.campaign,
    channel: row.channel,
    currency: row.currency,
    amountMinor: Number(row.amount),
    reportingMinor: row.reporting === null ? null : Number(row.reporting),
    clicks: Number(row.clicks ?? 0),
    impressions: Number(row.impressions ?? 0),
    unconvertedDays: Number(row.unconverted),
    from: row.from,
    to: row.to,
  }));
}

function lineRow(site: string, seq: number, { key, line }: KeyedLine): Selectable<SpendLinesTable> {
  const { campaignId, amountMinor, ...rest } = line;
  return { site, import: seq, campaign_key: key, ...rest, campaign_id: campaignId, amount_minor: amountMinor };
}

function toLine(row: Selectable<SpendLinesTable>): SpendLine {
  const { day, account, campaign, source, medium, currency, clicks, impressions } = row;
  const names = { account, campaignId: row.campaign_id, campaign, source, medium };
  return {
    day,
    platform: row.platform as SpendPlatform,
    ...names,
    currency,
    amountMinor: row.amount_minor,
    clicks,
    impressions,
  };
}

function standingRow({ day, key, row }: StandingSpend): Selectable<SpendTable> {
  return {
    site: row.site,
    day,
    campaign_key: key,
    platform: row.spend,
    account: row.account,
    campaign_id: row.campaignId,
    name: row.name,
    source: row.source,
    medium: row.medium,
    campaign: row.campaign,
    channel: row.channel,
    currency: row.currency,
    amount_minor: row.amountMinor,
    reporting_currency: row.reporting?.currency ?? null,
    reporting_minor: row.reporting?.amountMinor ?? null,
    evidence: row.reporting?.evidence ?? null,
    clicks: row.clicks,
    impressions: row.impressions,
  };
}

function toStanding(row: Selectable<SpendTable>): StandingSpend {
  const { site, day, account, name, source, medium, campaign, channel, currency, clicks, impressions } = row;
  const reporting: SpendRow['reporting'] =
    row.reporting_currency === null || row.reporting_minor === null
      ? null
      : { currency: row.reporting_currency, amountMinor: row.reporting_minor, evidence: row.evidence ?? '' };
  const tags = { source, medium, campaign, channel };
  const money = { currency, amountMinor: row.amount_minor, reporting };
  const names = { account, campaignId: row.campaign_id, name };
  const spend = row.platform as SpendPlatform;
  return {
    day,
    key: row.campaign_key,
    row: { spend, site, day, ...names, ...tags, ...money, clicks, impressions, sign: 1 },
  };
}
