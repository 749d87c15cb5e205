import type { Kysely, Selectable } from 'kysely';
import type { Database, SitesTable } from './database.ts';
import { randomId } from './ids.ts';
import type { Site, Sites, SiteSettings } from './records.ts';

const DEFAULT_SETTINGS: SiteSettings = {
  hosts: [],
  keptParameters: [],
  hashRouting: false,
  excludedPaths: [],
  visitorMetadataKeys: [],
  windowDays: null,
  offStripe: false,
};

export function createSites(db: Kysely<Database>): Sites {
  const get = async (id: string) => {
    const row = await db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toSite(row) : null;
  };
  return {
    async add(site, now) {
      const row: SitesTable = {
        id: randomId(12),
        team: site.team,
        name: site.name,
        domain: site.domain,
        timezone: site.timezone,
        currency: site.currency,
        settings: JSON.stringify({ ...DEFAULT_SETTINGS, ...site.settings }),
        created_at: now,
      };
      await db.insertInto('sites').values(row).execute();
      return toSite(row);
    },
    get,
    async list(team) {
      const rows = await db
        .selectFrom('sites')
        .selectAll()
        .$if(team !== undefined, (query) => query.where('team', '=', team!))
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toSite);
    },
    async update(id, change) {
      const { settings, name, domain, timezone, currency } = change;
      const set = definedOnly({ name, domain, timezone, currency, settings: settings && JSON.stringify(settings) });
      if (Object.keys(set).length > 0) await db.updateTable('sites').set(set).where('id', '=', id).execute();
      return get(id);
    },
  };
}

function toSite(row: Selectable<SitesTable>): Site {
  return {
    id: row.id,
    team: row.team,
    name: row.name,
    domain: row.domain,
    timezone: row.timezone,
    currency: row.currency,
    // Settings that came after the site was stored have their defaults.
    settings: { ...DEFAULT_SETTINGS, ...(JSON.parse(row.settings) as Partial<SiteSettings>) },
    createdAt: row.created_at,
  };
}

/** A field given as undefined is not a change. */
function definedOnly<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}
