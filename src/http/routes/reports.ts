import { z } from 'zod';
import type { FastifyReply } from 'fastify';
import type { Site } from '../../storage/records/records.ts';
import type { ApiScope } from '../api-scope.ts';
import { paymentDetailAnswer, paymentsAnswer, paymentsQuery } from '../contract.ts';
import { reportAnswer } from '../contract-report.ts';
import type { HttpDeps, Outcome } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

const text = z.string().max(4_000);
/** What a question may say; reports/parse reads it and refuses what it does not know, naming it. */
const reportQuestion = z
  .object({
    metrics: text.optional(),
    dimensions: text.optional(),
    from: text.optional(),
    to: text.optional(),
    mode: text.optional(),
    model: text.optional(),
    models: text.optional(),
    window: text.optional(),
    half_life: text.optional(),
    weights: text.optional(),
    custom: text.optional(),
    direct: text.optional(),
    repeats: text.optional(),
    markov_order: text.optional(),
    by: text.optional(),
    filter: text.optional().describe('JSON: [[dimension, operator, values], …], or ["or", filter, filter, …]'),
    compare: text.optional(),
    limit: text.optional(),
    order: text.optional(),
    bots: text.optional(),
    format: z.enum(['json', 'csv']).optional().describe('csv: the rows as a file, money in units of its currency'),
    bom: z
      .enum(['true', 'false'])
      .optional()
      .describe('true: the file begins with a byte order mark, without which Excel misreads letters such as é'),
  })
  .catchall(text);

/** The questions: reports, the list of payments, and one payment with its evidence. */
export function reportRoutes(scope: ApiScope, deps: HttpDeps): void {
  const config = { access: 'site:read' } as const;

  scope.get(
    '/sites/:site/report',
    { config, schema: { params: siteParams, querystring: reportQuestion, response: { 200: reportAnswer } } },
    async ({ site, query }, reply) => {
      const { format, bom, ...question } = query as Record<string, string>;
      if (format !== 'csv') return answered(await deps.report(site!, question));
      const { csv, ...named } = answered(await deps.reportFile(site!, question));
      return sendCsv(reply, (bom === 'true' ? BYTE_ORDER_MARK : '') + csv, nameOf(site!, question, named));
    },
  );

  scope.get(
    '/sites/:site/payments',
    { config, schema: { params: siteParams, querystring: paymentsQuery, response: { 200: paymentsAnswer } } },
    async ({ site, query }) => {
      const page = { mode: query.mode ?? null, limit: query.limit, cursor: query.cursor ?? null };
      return answered(await deps.payments.list(site!, page));
    },
  );

  scope.get(
    '/sites/:site/payments/:payment',
    {
      config,
      schema: { params: siteParams.extend({ payment: z.string() }), response: { 200: paymentDetailAnswer } },
    },
    async ({ site, params }) => {
      const payment = params.payment.length <= 255 ? await deps.payments.get(site!, params.payment) : null;
      if (payment) return payment;
      const message = `payment: this site has no payment "${params.payment.slice(0, 64)}"; a payment's id is its charge's id`;
      throw new Refusal(404, { code: 'unknown_payment', field: 'payment', message });
    },
  );
}

const BYTE_ORDER_MARK = '\uFEFF';

function nameOf(
  site: Site,
  { from, to, compare }: Record<string, string>,
  { dimensions, currency, mode }: { dimensions: readonly string[]; currency: string; mode: string },
): string {
  return [site.domain, ...dimensions, from, to, compare, currency, mode]
    .filter(Boolean)
    .join('-')
    .replaceAll(/[^\w.-]/g, '_');
}

function sendCsv(reply: FastifyReply, csv: string, name: string) {
  reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${name}.csv"`);
  // The contract's serializer writes JSON.
  return reply.serializer(String).send(csv as never);
}

export function answered<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Refusal(outcome.status ?? 400, outcome);
  return outcome.value;
}
