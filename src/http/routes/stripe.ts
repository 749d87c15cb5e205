import { z } from 'zod';
import type { ApiScope } from '../api-scope.ts';
import { connectInput, connectionAnswer, connectionsAnswer, disconnectAnswer } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

const connectionParams = siteParams.extend({ connection: z.string() });

/** *Settings > Revenue*: what is connected, and connecting a key or a webhook secret. Neither is ever shown again. */
export function stripeRoutes(scope: ApiScope, deps: HttpDeps): void {
  scope.get(
    '/sites/:site/stripe',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: connectionsAnswer } } },
    async ({ site }) => deps.stripeOf(site!),
  );

  scope.post(
    '/sites/:site/stripe',
    {
      config: { access: 'site:write' },
      schema: { params: siteParams, body: connectInput, response: { 200: connectionAnswer } },
    },
    async ({ site, body }) => {
      if (body.key === undefined && body.webhook_secret === undefined) {
        const message = 'key: is missing; send a restricted or secret Stripe key, a webhook_secret, or both';
        throw new Refusal(400, { code: 'invalid', field: 'key', message });
      }
      const { key, webhook_secret: webhookSecret, connection: asked, mode } = body;
      const { id } = await deps.connectStripe({ site: site!.id, key, webhookSecret, connection: asked, mode });
      const connection = (await deps.stripeOf(site!)).connections.find((each) => each.id === id);
      if (!connection) throw new Error(`connection ${id} was made and is not there`);
      return connection;
    },
  );

  scope.delete(
    '/sites/:site/stripe/:connection',
    {
      config: { access: 'site:write' },
      schema: { params: connectionParams, response: { 200: disconnectAnswer } },
    },
    async ({ site, params }) => {
      const ended = await deps.disconnectStripe({ site: site!.id, connection: params.connection });
      if (ended) return ended;
      const message = `connection: this site has no connection "${params.connection.slice(0, 64)}"; see GET /api/v1/sites/${site!.id}/stripe`;
      throw new Refusal(404, { code: 'unknown_connection', field: 'connection', message });
    },
  );
}
