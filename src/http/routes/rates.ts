import type { ApiScope } from '../api-scope.ts';
import { ratesAnswer } from '../contract-report.ts';
import type { HttpDeps } from '../deps.ts';
import { siteParams } from './sites.ts';

/** The reporting currency of a site: which exchange rates are known, and what none could convert. */
export function ratesRoutes(scope: ApiScope, deps: Pick<HttpDeps, 'ratesOf'>): void {
  scope.get(
    '/sites/:site/rates',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: ratesAnswer } } },
    async ({ site }) => deps.ratesOf(site!),
  );
}
