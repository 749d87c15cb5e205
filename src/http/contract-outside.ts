import { z } from 'zod';
import { OUTSIDE_KINDS } from '../payments/outside.ts';

/** Far below the largest exact integer, so that sums of a site's payments stay exact too. */
const AMOUNT_MAX = 1_000_000_000_000;

/** `POST sites/:site/payments`: money that another provider took. */
export const outsidePaymentInput = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must be 1 to 128 letters, digits, ".", "_", ":" and "-"')
    .refine((id) => !/^(ch|py|pi|cs|in|inpay|sub|re|pyr|dp|du|txn)_/.test(id), {
      message: 'looks like an id of Stripe, whose payments come by themselves; sent again they would count twice',
    })
    .describe('Idempotency key: the same id with the same content changes nothing, with other content it is a 409'),
  amount: z.number().int().min(1).max(AMOUNT_MAX).describe('Minor units of the currency, as Stripe counts them'),
  currency: z.string().regex(/^[A-Za-z]{3}$/, 'must be an ISO 4217 code such as usd'),
  occurred_at: z.iso.datetime({ offset: true }).describe('ISO 8601 with an offset, for example 2026-11-21T10:00:00Z'),
  visitor_id: z.string().min(1).max(500).nullish(),
  customer: z.string().min(1).max(255).nullish().describe('Your id of who paid, as given to identify() as app_id'),
  kind: z.enum(OUTSIDE_KINDS).default('one_time'),
  mode: z.enum(['live', 'test']).optional().describe('Default: that of reports; live without a Stripe connection'),
});

export const outsidePaymentAnswer = z.object({
  id: z.string(),
  /** false: it was there already, with this very content. */
  created: z.boolean(),
});
