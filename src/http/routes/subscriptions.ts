import { z } from 'zod';
import type { ApiScope } from '../api-scope.ts';
import { paymentsQuery } from '../contract.ts';
import { subscriptionDetailAnswer, subscriptionsAnswer } from '../contract-subscriptions.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

/** The list of subscriptions, and one with its history. */
export function subscriptionRoutes(scope: ApiScope, deps: HttpDeps): void {
  const config = { access: 'site:read' } as const;

  scope.get(
    '/sites/:site/subscriptions',
    { config, schema: { params: siteParams, querystring: paymentsQuery, response: { 200: subscriptionsAnswer } } },
    async ({ site, query }) => {
      const page = { mode: query.mode ?? null, limit: query.limit, cursor: query.cursor ?? null };
      const outcome = await deps.subscriptions.list(site!, page);
      if (!outcome.ok) throw new Refusal(400, outcome);
      return outcome.value;
    },
  );

  scope.get(
    '/sites/:site/subscriptions/:subscription',
    {
      config,
      schema: {
        params: siteParams.extend({ subscription: z.string() }),
        response: { 200: subscriptionDetailAnswer },
      },
    },
    async ({ site, params }) => {
      const { subscription: id } = params;
      const subscription = id.length <= 255 ? await deps.subscriptions.get(site!, id) : null;
      if (subscription) return subscription;
      const message = `subscription: this site has no subscription "${id.slice(0, 64)}"`;
      throw new Refusal(404, { code: 'unknown_subscription', field: 'subscription', message });
    },
  );
}
