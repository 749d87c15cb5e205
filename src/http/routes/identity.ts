import { z } from 'zod';
import { callerName } from '../access.ts';
import type { ApiScope } from '../api-scope.ts';
import {
  identityAnswer,
  rejectedAnswer,
  rejectInput,
  reinstateInput,
  restatementsAnswer,
  restatementsQuery,
  verdictAnswer,
} from '../contract-identity.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { answered } from './reports.ts';
import { siteParams } from './sites.ts';

const linkParams = siteParams.extend({ link: z.string().max(64) });
const REJECTED_SHOWN = 500;
const MINUTE_MS = 60_000;

/** Which visitors are one person and why, a person's word on that, and what became otherwise by it. */
export function identityRoutes(scope: ApiScope, { identity }: Pick<HttpDeps, 'identity'>): void {
  const read = { access: 'site:read' } as const;
  const write = { access: 'site:write' } as const;

  scope.get(
    '/sites/:site/payments/:payment/identity',
    {
      config: read,
      schema: { params: siteParams.extend({ payment: z.string() }), response: { 200: identityAnswer } },
    },
    async ({ site, params }) => {
      const answer = params.payment.length <= 255 ? await identity.of(site!, params.payment) : null;
      if (answer) return answer;
      const message = `payment: this site has no payment "${params.payment.slice(0, 64)}"; a payment's id is its charge's id`;
      throw new Refusal(404, { code: 'unknown_payment', field: 'payment', message });
    },
  );

  scope.get(
    '/sites/:site/links/rejected',
    { config: read, schema: { params: siteParams, response: { 200: rejectedAnswer } } },
    async ({ site }) => ({ links: await identity.rejected(site!, REJECTED_SHOWN) }),
  );

  scope.post(
    '/sites/:site/links/:link/reject',
    { config: write, schema: { params: linkParams, body: rejectInput, response: { 200: verdictAnswer } } },
    async ({ site, params, body, caller }) =>
      answered(
        await identity.reject(site!, body.payment, { link: params.link, why: body.why, by: callerName(caller!) }),
      ),
  );

  scope.post(
    '/sites/:site/links/:link/reinstate',
    { config: write, schema: { params: linkParams, body: reinstateInput, response: { 200: verdictAnswer } } },
    async ({ site, params, body, caller }) =>
      answered(await identity.reinstate(site!, { link: params.link, why: body.why, by: callerName(caller!) })),
  );

  scope.get(
    '/sites/:site/restatements',
    {
      config: read,
      schema: { params: siteParams, querystring: restatementsQuery, response: { 200: restatementsAnswer } },
    },
    async ({ site, query }) => {
      const { mode = null, payment = null, reason = null, limit, cursor = null, min_age_minutes: minutes } = query;
      const minAgeMs = minutes === undefined ? null : minutes * MINUTE_MS;
      return answered(await identity.restatements(site!, { mode, payment, reason, minAgeMs, limit, cursor }));
    },
  );
}
