import type { ApiScope } from '../api-scope.ts';
import { outsidePaymentAnswer, outsidePaymentInput } from '../contract-outside.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

/** Clocks differ; a payment of tomorrow is a mistake. */
const AHEAD_MAX_MS = 3_600_000;
const EARLIEST = Date.UTC(2000, 0, 1);

/** Money that other providers took, told by the merchant's server. */
export function outsidePaymentRoutes(scope: ApiScope, deps: Pick<HttpDeps, 'outsidePayment' | 'now'>): void {
  scope.post(
    '/sites/:site/payments',
    {
      config: { access: 'site:write' },
      schema: {
        params: siteParams,
        body: outsidePaymentInput,
        response: { 200: outsidePaymentAnswer, 201: outsidePaymentAnswer },
      },
    },
    async ({ site, body }, reply) => {
      const occurredAt = Date.parse(body.occurred_at);
      if (occurredAt < EARLIEST || occurredAt > deps.now() + AHEAD_MAX_MS) {
        const message = 'occurred_at: must be a time since 2000 that is not in the future';
        throw new Refusal(400, { code: 'invalid', field: 'occurred_at', message });
      }
      const outcome = await deps.outsidePayment(site!, {
        id: body.id,
        amountMinor: body.amount,
        currency: body.currency.toLowerCase(),
        occurredAt,
        visitor: body.visitor_id ?? null,
        customer: body.customer ?? null,
        kind: body.kind,
        mode: body.mode ?? null,
      });
      if (outcome === 'other_content') {
        const message = `id: the payment "${body.id}" is known with other content; a payment never changes, send another id`;
        throw new Refusal(409, { code: 'other_content', field: 'id', message });
      }
      const created = outcome === 'booked';
      return reply.code(created ? 201 : 200).send({ id: body.id, created });
    },
  );
}
