import { z } from 'zod';
import { RESTATEMENT_REASONS } from '../core/restatement.ts';
import type { RestatementReason } from '../core/restatement.ts';

/** Which visitors make a payment's path and why, what people said about links, and what crediting again has changed. */

const evidence = {
  /** What to name when it is rejected or reinstated. */
  id: z.string(),
  object: z.string(),
  field: z.string(),
  value: z.string(),
};
const word = z.object({ at: z.string(), by: z.string(), why: z.string() });

export const identityAnswer = z.object({
  links: z.array(
    z.object({
      ...evidence,
      claim: z.string(),
      seen_at: z.string(),
      used: z.boolean(),
      /** Null: it counts. */
      rejected: word.nullable(),
    }),
  ),
  /** The payment's own visitor first. */
  visitors: z.array(
    z.object({
      visitor_id: z.string(),
      own: z.boolean(),
      joined_by: z.array(
        z.object({
          ...evidence,
          by: z.enum(['payment', 'customer', 'app_id', 'email', 'hand_over']),
          seen_at: z.string(),
          /** The visitor it is joined to; with `customer`, the other payment it is known by. */
          with: z.string().nullable(),
        }),
      ),
    }),
  ),
  /** What would join further visitors, and was rejected. */
  rejected: z.array(z.object({ ...evidence, ...word.shape })),
  /** Everything that was said about any of these, oldest first. */
  verdicts: z.array(z.object({ link: z.string(), verdict: z.enum(['rejected', 'reinstated']), ...word.shape })),
});

const why = z.string().trim().max(500).default('');
export const rejectInput = z.strictObject({
  /** A payment that the link bears on. */
  payment: z.string().min(1).max(255),
  why,
});
export const reinstateInput = z.strictObject({ why });
export const verdictAnswer = z.object({
  link: z.string(),
  /** How many payments are being credited again. */
  payments: z.number().int(),
});
export const rejectedAnswer = z.object({ links: z.array(z.object({ ...evidence, ...word.shape })) });

const reasons = Object.keys(RESTATEMENT_REASONS) as [RestatementReason, ...RestatementReason[]];
export const restatementsQuery = z.strictObject({
  mode: z.enum(['live', 'test']).optional(),
  payment: z.string().max(255).optional(),
  reason: z.enum(reasons).optional(),
  /** Only what changed at least so long after its payment. */
  min_age_minutes: z.coerce.number().int().min(0).max(5_256_000).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(100).optional(),
});
const before = <T extends z.ZodType>(type: T) => z.object({ from: type, to: type });
export const restatementsAnswer = z.object({
  /** Newest first. */
  restatements: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      payment: z.string(),
      reasons: z.array(z.enum(reasons)),
      visitor_id: before(z.string().nullable()),
      /** Why it was and is unattributed; null: attributed. */
      unattributed: before(z.string().nullable()),
      /** How many visitors make the path. */
      visitors: before(z.number().int()),
      changes: z.array(
        z.object({
          source: z.string(),
          currency: z.string(),
          /** Model → what the source got; models under which nothing changed are absent. */
          credits: z.record(z.string(), before(z.number().int())),
        }),
      ),
    }),
  ),
  next: z.string().nullable(),
});

export type IdentityAnswer = z.infer<typeof identityAnswer>;
export type RestatementsAnswer = z.infer<typeof restatementsAnswer>;
export type RejectedAnswer = z.infer<typeof rejectedAnswer>;
