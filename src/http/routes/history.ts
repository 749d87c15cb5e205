import { z } from 'zod';
import type { ApiScope } from '../api-scope.ts';
import { historyAnswer, jobAnswer, replayAnswer } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

const connectionParams = siteParams.extend({ connection: z.string() });
const eventParams = siteParams.extend({ event: z.string() });

/** How far history is read, gaps, the reconciliation with Stripe's balance transactions; and doing any of it again. */
export function historyRoutes(scope: ApiScope, deps: HttpDeps): void {
  scope.get(
    '/sites/:site/stripe/history',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: historyAnswer } } },
    async ({ site }) => deps.historyOf(site!),
  );

  for (const kind of ['backfill', 'reconcile'] as const) {
    scope.post(
      `/sites/:site/stripe/:connection/${kind}`,
      { config: { access: 'site:write' }, schema: { params: connectionParams, response: { 200: jobAnswer } } },
      async ({ site, params: { connection } }) => {
        const job = await deps.historyJob({ site: site!.id, connection, kind });
        if (job !== null) return { job };
        const message = `connection: this site has no connection "${connection.slice(0, 64)}" with a key; see GET /api/v1/sites/${site!.id}/stripe`;
        throw new Refusal(404, { code: 'unknown_connection', field: 'connection', message });
      },
    );
  }

  scope.post(
    '/sites/:site/stripe/dead-letters/replay',
    { config: { access: 'site:write' }, schema: { params: siteParams, response: { 200: replayAnswer } } },
    async ({ site }) => ({ replayed: await deps.replay({ site: site!.id, event: null }) }),
  );

  scope.post(
    '/sites/:site/stripe/dead-letters/:event/replay',
    { config: { access: 'site:write' }, schema: { params: eventParams, response: { 200: replayAnswer } } },
    async ({ site, params: { event } }) => {
      const replayed = await deps.replay({ site: site!.id, event });
      if (replayed > 0) return { replayed };
      const message = `event: "${event.slice(0, 64)}" is no dead letter of this site, or its body was purged; see GET /api/v1/sites/${site!.id}/stripe`;
      throw new Refusal(404, { code: 'unknown_event', field: 'event', message });
    },
  );
}
