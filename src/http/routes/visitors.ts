import { z } from 'zod';
import { TooMuchToCompute } from '../../storage/facts/facts.ts';
import { BadCursor } from '../../storage/records/records.ts';
import type { ApiScope } from '../api-scope.ts';
import { peopleAnswer, peopleQuery, timelineAnswer, timelineQuery } from '../contract-people.ts';
import type { TimelineAnswer } from '../contract-people.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

const ID_MAX = 255;
type Page = z.output<typeof timelineQuery>;

/** What one visitor or customer did, in time order, and finding them. */
export function visitorRoutes(
  scope: ApiScope,
  { timelines, findPeople }: Pick<HttpDeps, 'timelines' | 'findPeople'>,
): void {
  const config = { access: 'site:read' } as const;
  const response = { 200: timelineAnswer };

  scope.get(
    '/sites/:site/visitors/:visitor',
    { config, schema: { params: siteParams.extend({ visitor: z.string() }), querystring: timelineQuery, response } },
    async ({ site, params: { visitor: id }, query }) => {
      const found = await paged(query, (page) => (id.length > ID_MAX ? null : timelines.visitor(site!.id, id, page)));
      if (found) return found;
      const message = `visitor: nobody was seen here as "${id.slice(0, 64)}"`;
      throw new Refusal(404, { code: 'unknown_visitor', field: 'visitor', message });
    },
  );

  scope.get(
    '/sites/:site/customers/:customer',
    { config, schema: { params: siteParams.extend({ customer: z.string() }), querystring: timelineQuery, response } },
    async ({ site, params: { customer: id }, query }) => {
      const found = await paged(query, (page) => (id.length > ID_MAX ? null : timelines.customer(site!.id, id, page)));
      if (found) return found;
      const message = `customer: no payment of this site is by "${id.slice(0, 64)}"; live and test payments are apart`;
      throw new Refusal(404, { code: 'unknown_customer', field: 'customer', message });
    },
  );

  scope.get(
    '/sites/:site/people',
    { config, schema: { params: siteParams, querystring: peopleQuery, response: { 200: peopleAnswer } } },
    async ({ site, query }) => ({ found: await findPeople(site!.id, query.q, query.mode ?? null) }),
  );
}

async function paged(
  { mode, order, limit, cursor }: Page,
  ask: (page: Parameters<HttpDeps['timelines']['visitor']>[2]) => ReturnType<HttpDeps['timelines']['visitor']> | null,
): Promise<TimelineAnswer | null> {
  try {
    // The items' facts are as many as their types; the contract above says which, and is what is rendered.
    return (await ask({ mode: mode ?? null, order, limit, cursor: cursor ?? null })) as TimelineAnswer | null;
  } catch (error) {
    if (error instanceof TooMuchToCompute) {
      const message = 'timeline: what this visitor did is more than one answer may read; ask for fewer items';
      throw new Refusal(422, { code: 'too_much', message });
    }
    if (!(error instanceof BadCursor)) throw error;
    const message = 'cursor: is not one this server gave; leave it out to begin anew';
    throw new Refusal(400, { code: 'bad_cursor', field: 'cursor', message });
  }
}
