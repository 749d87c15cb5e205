import { z } from 'zod';
import { callerName } from '../access.ts';
import type { ApiScope } from '../api-scope.ts';
import { doneAnswer } from '../contract.ts';
import {
  alertAnswer,
  alertsAnswer,
  alertWebhookAnswer,
  alertWebhookInput,
  alertWebhookSetAnswer,
  coverageAnswer,
  coverageQuery,
} from '../contract-alerts.ts';
import type { HttpDeps } from '../deps.ts';
import { answered } from './reports.ts';
import { siteParams } from './sites.ts';

const alertParams = siteParams.extend({ alert: z.string().max(64) });

/** How much is attributed, alerts when it falls, and where they are told. */
export function coverageRoutes(scope: ApiScope, { alerts }: Pick<HttpDeps, 'alerts'>): void {
  const read = { access: 'site:read' } as const;
  const write = { access: 'site:write' } as const;

  scope.get(
    '/sites/:site/coverage',
    { config: read, schema: { params: siteParams, querystring: coverageQuery, response: { 200: coverageAnswer } } },
    async ({ site, query: { mode = null, from = null, to = null } }) =>
      answered(await alerts.coverage(site!, { mode, from, to })),
  );

  scope.get(
    '/sites/:site/alerts',
    { config: read, schema: { params: siteParams, response: { 200: alertsAnswer } } },
    async ({ site }) => alerts.list(site!),
  );

  scope.post(
    '/sites/:site/alerts/:alert/accept',
    { config: write, schema: { params: alertParams, response: { 200: alertAnswer } } },
    async ({ site, params, caller }) => answered(await alerts.accept(site!, params.alert, callerName(caller!))),
  );

  scope.get(
    '/sites/:site/alerts/target',
    { config: read, schema: { params: siteParams, response: { 200: alertWebhookAnswer } } },
    async ({ site }) => alerts.webhook(site!),
  );

  scope.put(
    '/sites/:site/alerts/target',
    {
      config: write,
      schema: { params: siteParams, body: alertWebhookInput, response: { 200: alertWebhookSetAnswer } },
    },
    async ({ site, body }) => answered(await alerts.setWebhook(site!, body.url)),
  );

  scope.delete(
    '/sites/:site/alerts/target',
    { config: write, schema: { params: siteParams, response: { 200: doneAnswer } } },
    async ({ site }) => {
      await alerts.removeWebhook(site!);
      return { done: true as const };
    },
  );

  scope.post(
    '/sites/:site/alerts/target/test',
    { config: write, schema: { params: siteParams, response: { 200: doneAnswer } } },
    async ({ site }) => answered(await alerts.testWebhook(site!)),
  );
}
