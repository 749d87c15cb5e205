import { z } from 'zod';
import { MOVEMENT_KINDS } from '../core/subscription-movements.ts';

/** JSON of subscriptions and their recurring revenue. Amounts are minor units of `currency`, times ISO 8601. */

export const subscriptionAnswer = z.object({
  id: z.string(),
  customer: z.string().nullable(),
  /** As Stripe calls it. */
  status: z.string(),
  /** Present monthly recurring revenue; 0: it brings none (any more). */
  mrr: z.number().int(),
  currency: z.string(),
  started_at: z.string(),
  /** Source of the first touchpoint, or '(unattributed)'. */
  source: z.string(),
  channel: z.string(),
  /** Why it is unattributed; null: it is not. */
  reason: z.string().nullable(),
});

export const subscriptionsAnswer = z.object({
  subscriptions: z.array(subscriptionAnswer),
  next: z.string().nullable(),
});

export const subscriptionDetailAnswer = subscriptionAnswer.extend({
  mode: z.enum(['live', 'test']),
  connection: z.string(),
  explanation: z.string().nullable(),
  /** The first touchpoint of the path of its payments. */
  touchpoint: z
    .object({
      at: z.string(),
      source: z.string(),
      medium: z.string(),
      campaign: z.string(),
      channel: z.string(),
      landing_page: z.string(),
      visitor_id: z.string(),
    })
    .nullable(),
  payments: z.array(z.string()),
  /** How it is converted for reports; null: it is not, and stands apart there. */
  conversion: z.object({ currency: z.string(), mrr: z.number().int(), evidence: z.string() }).nullable(),
  movements: z.array(
    z.object({ at: z.string(), kind: z.enum(MOVEMENT_KINDS), delta: z.number().int(), mrr: z.number().int() }),
  ),
  /** What it was and cost from when on, and who told it: an invoice's id, or null for the subscription itself. */
  states: z.array(
    z.object({
      at: z.string(),
      status: z.string(),
      paused: z.boolean(),
      mrr: z.number().int(),
      items: z.array(
        z.object({
          price: z.string().nullable(),
          product: z.string().nullable(),
          amount: z.number().int().nullable(),
          quantity: z.number().int(),
          interval: z.enum(['day', 'week', 'month', 'year']),
          interval_count: z.number().int(),
          metered: z.boolean(),
        }),
      ),
      discounts: z.array(z.string()),
      told_by_invoice: z.string().nullable(),
    }),
  ),
  /** Discounts whose terms Stripe has not told: they are not taken off. */
  unknown_discounts: z.array(z.string()),
});

export type SubscriptionAnswer = z.infer<typeof subscriptionAnswer>;
export type SubscriptionsAnswer = z.infer<typeof subscriptionsAnswer>;
export type SubscriptionDetailAnswer = z.infer<typeof subscriptionDetailAnswer>;
