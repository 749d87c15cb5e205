import { z } from 'zod';
import { PAYMENT_KINDS } from '../core/payment.ts';
import { MOVEMENT_KINDS } from '../core/subscription-movements.ts';

/** JSON of what one person did: hits and money in one list. Amounts are minor units, times ISO 8601. */

const mode = z.enum(['live', 'test']);
const amount = z.number().int();

export const timelineQuery = z.strictObject({
  mode: mode.optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1_000).optional(),
});

const item = { id: z.string(), at: z.string(), visitor_id: z.string().nullable() };
const hit = {
  ...item,
  name: z.string(),
  hostname: z.string(),
  path: z.string(),
  title: z.string(),
  props: z.record(z.string(), z.string()),
};
const returned = { ...item, payment: z.string(), /** Negative: taken back. */ amount, currency: z.string() };

export const timelineItem = z.discriminatedUnion('type', [
  /** A visit, which is a touchpoint: where it came from. */
  z.object({
    type: z.literal('session'),
    ...item,
    source: z.string(),
    medium: z.string(),
    campaign: z.string(),
    channel: z.string(),
    referrer: z.string(),
    landing_page: z.string(),
    country: z.string(),
    device: z.string(),
    browser: z.string(),
    os: z.string(),
  }),
  z.object({ type: z.literal('pageview'), ...hit }),
  z.object({ type: z.literal('event'), ...hit }),
  z.object({ type: z.literal('identify'), ...hit }),
  z.object({ type: z.literal('checkout'), ...hit }),
  z.object({
    type: z.literal('payment'),
    ...item,
    payment: z.string(),
    kind: z.enum(PAYMENT_KINDS),
    amount,
    currency: z.string(),
    /** What is left of it today. */
    revenue: amount,
    product: z.string().nullable(),
    customer: z.string().nullable(),
    /** Why it is unattributed; null: it is attributed. */
    reason: z.string().nullable(),
  }),
  z.object({ type: z.literal('refund'), ...returned }),
  z.object({ type: z.literal('dispute'), ...returned }),
  z.object({
    type: z.literal('subscription'),
    ...item,
    subscription: z.string(),
    movement: z.enum(MOVEMENT_KINDS),
    /** Of monthly recurring revenue: the change, and what it then was. */
    delta: amount,
    mrr: amount,
    currency: z.string(),
  }),
]);

export const timelineAnswer = z.object({
  mode,
  /** null: a visitor's timeline. */
  customer: z.string().nullable(),
  /** Who paid for the payments in it. */
  customers: z.array(z.string()),
  /** All who are joined in it; at most 100. */
  visitors: z.array(
    z.object({
      id: z.string(),
      sessions: amount,
      first_seen: z.string().nullable(),
      last_seen: z.string().nullable(),
      /** What identify said. */
      app_ids: z.array(z.string()),
      email_hashes: z.array(z.string()),
    }),
  ),
  /** False when there are more payments or visitors than a timeline holds. */
  complete: z.boolean(),
  payments: amount,
  revenue: z.array(z.object({ currency: z.string(), revenue: amount })),
  items: z.array(timelineItem),
  next: z.string().nullable(),
});

export const peopleQuery = z.strictObject({ q: z.string().min(1).max(320), mode: mode.optional() });
export const peopleAnswer = z.object({
  found: z.array(
    z.object({
      kind: z.enum(['customer', 'visitor', 'payment']),
      id: z.string(),
      by: z.enum(['customer', 'visitor', 'payment', 'email', 'app_id']),
    }),
  ),
});

export type TimelineAnswer = z.infer<typeof timelineAnswer>;
export type TimelineItemAnswer = z.infer<typeof timelineItem>;
export type PeopleAnswer = z.infer<typeof peopleAnswer>;
