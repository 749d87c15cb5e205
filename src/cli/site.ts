import { checkSite } from '../sites/site-input.ts';
import { readArguments } from './arguments.ts';
import type { App } from './app.ts';
import { UsageError } from './command.ts';
import type { Command, Io } from './command.ts';

export const siteAdd: Command = {
  name: 'site add',
  summary: 'add a site',
  usage: '--name NAME --domain DOMAIN [--timezone UTC] [--currency usd] [--json]',
  async run(argv, io) {
    const options = { name: { required: true }, domain: { required: true }, timezone: {}, currency: {} };
    const args = readArguments(argv, options);
    const checked = checkSite({
      name: args.given('name'),
      domain: args.given('domain'),
      timezone: args.text('timezone') ?? 'UTC',
      currency: args.text('currency') ?? 'usd',
    });
    if (!checked.ok) throw new UsageError(`--${checked.message}`);
    return withApp(io, async (app) => {
      const team = await app.records.teams.default(app.now());
      const site = await app.records.sites.add({ ...checked.value, team: team.id }, app.now());
      io.out(args.json ? JSON.stringify({ id: site.id }) : `Added ${site.domain} as site ${site.id}`);
      return 0;
    });
  },
};

export const siteList: Command = {
  name: 'site list',
  summary: 'list the sites',
  usage: '[--json]',
  async run(argv, io) {
    const args = readArguments(argv, {});
    return withApp(io, async (app) => {
      const sites = await app.records.sites.list();
      if (args.json) {
        const rows = sites.map(({ id, name, domain, timezone, currency }) => ({
          id,
          name,
          domain,
          timezone,
          currency,
        }));
        io.out(JSON.stringify({ sites: rows }));
      } else {
        for (const site of sites)
          io.out(`${site.id}  ${site.domain}  ${site.name} (${site.timezone}, ${site.currency})`);
        if (sites.length === 0) io.err('No sites yet. Add one: headwater site add --name NAME --domain DOMAIN');
      }
      return 0;
    });
  },
};

/** Opens the stores for one piece of work and closes them whatever happens. */
export async function withApp<T>(io: Io, work: (app: App) => Promise<T>): Promise<T> {
  const app = await io.openApp();
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** @throws Error (exit 1) when there is no such site */
export async function siteOrThrow(app: App, id: string) {
  const site = await app.records.sites.get(id);
  if (!site) throw new Error(`--site: there is no site "${id.slice(0, 64)}"; \`headwater site list\` shows them`);
  return site;
}
