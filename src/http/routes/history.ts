import type { ApiScope } from '../api-scope.ts';
import { historyAnswer } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { siteParams } from './sites.ts';

/** Progress of the backfill, gaps that were found, and the reconciliation with Stripe's balance transactions. */
export function historyRoutes(scope: ApiScope, deps: HttpDeps): void {
  scope.get(
    '/sites/:site/stripe/history',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: historyAnswer } } },
    async ({ site }) => deps.historyOf(site!),
  );
}
