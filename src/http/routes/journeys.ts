import { z } from 'zod';
import type { ApiScope } from '../api-scope.ts';
import {
  assistsAnswer,
  cohortsAnswer,
  flowAnswer,
  lifetimeAnswer,
  pathsAnswer,
  timesAnswer,
} from '../contract-journeys.ts';
import type { HttpDeps } from '../deps.ts';
import { answered } from './reports.ts';
import { siteParams } from './sites.ts';

const text = z.string().max(4_000);
/** What chooses the payments of a question, as in reports; journeys/ reads it and refuses what it does not know. */
const choosing = {
  dimension: text.optional(),
  from: text.optional(),
  to: text.optional(),
  mode: text.optional(),
  filter: text.optional(),
};
const question = (own: Record<string, z.ZodOptional<z.ZodString>> = {}) =>
  z.object({ ...choosing, ...own }).catchall(text);
const own = text.optional();

/** How customers came to buy: paths, times, assists, flow, cohorts, and what customers were worth. */
export function journeyRoutes(scope: ApiScope, { journeys }: Pick<HttpDeps, 'journeys'>): void {
  const schemaOf = <Q extends z.ZodType, A extends z.ZodType>(querystring: Q, answer: A) => ({
    config: { access: 'site:read' } as const,
    schema: { params: siteParams, querystring, response: { 200: answer } },
  });
  type Raw = Record<string, string>;

  scope.get(
    '/sites/:site/journeys/paths',
    schemaOf(question({ limit: own, order: own, repeats: own }), pathsAnswer),
    async ({ site, query }) => answered(await journeys.paths(site!, query as Raw)),
  );
  scope.get('/sites/:site/journeys/times', schemaOf(question(), timesAnswer), async ({ site, query }) =>
    answered(await journeys.times(site!, query as Raw)),
  );
  scope.get(
    '/sites/:site/journeys/assists',
    schemaOf(question({ limit: own }), assistsAnswer),
    async ({ site, query }) => answered(await journeys.assists(site!, query as Raw)),
  );
  scope.get(
    '/sites/:site/journeys/flow',
    schemaOf(question({ steps: own, nodes: own, repeats: own }), flowAnswer),
    async ({ site, query }) => answered(await journeys.flow(site!, query as Raw)),
  );
  scope.get('/sites/:site/journeys/cohorts', schemaOf(question({ by: own }), cohortsAnswer), async ({ site, query }) =>
    answered(await journeys.cohorts(site!, query as Raw)),
  );
  scope.get(
    '/sites/:site/journeys/lifetime',
    schemaOf(question({ limit: own }), lifetimeAnswer),
    async ({ site, query }) => answered(await journeys.lifetime(site!, query as Raw)),
  );
}
