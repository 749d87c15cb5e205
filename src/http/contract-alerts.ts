import { z } from 'zod';

/** How much is attributed, over time and why not; alerts about it, and where they are told. */

const mode = z.enum(['live', 'test']);
const sums = { payments: z.number().int(), revenue: z.number().int() };
const attributed = z.object(sums);
const reason = z.object({ reason: z.string(), ...sums });

export const coverageQuery = z.strictObject({
  mode: mode.optional(),
  /** Days of the site's zone, inclusive; by default the last 30. */
  from: z.string().max(10).optional(),
  to: z.string().max(10).optional(),
});
export const coverageAnswer = z.object({
  mode,
  currency: z.string(),
  from: z.string(),
  to: z.string(),
  totals: z.object({ ...sums, attributed }),
  /** Why the rest is unattributed, most revenue first. */
  reasons: z.array(reason.extend({ text: z.string() })),
  /** Days on which somebody paid. A payment counts on its own day, refunds too. */
  days: z.array(z.object({ day: z.string(), ...sums, attributed, reasons: z.array(reason) })),
});

const counted = z.object({ payments: z.number().int(), attributed: z.number().int(), share: z.number() });
export const alertAnswer = z.object({
  id: z.string(),
  mode,
  kind: z.enum(['coverage']),
  /** When it began, as far as is known; `opened_at`: when it was noticed. */
  since: z.string(),
  opened_at: z.string(),
  /** Null: it stands. */
  resolved_at: z.string().nullable(),
  resolution: z.enum(['back', 'accepted']).nullable(),
  resolved_by: z.string().nullable(),
  coverage: counted,
  usual: counted,
  window_hours: z.number().int(),
  /** Payments since then by why they are unattributed. */
  reasons: z.record(z.string(), z.number().int()),
});
export const alertsAnswer = z.object({ alerts: z.array(alertAnswer) });

export const alertWebhookAnswer = z.object({
  webhook: z.object({ host: z.string(), created_at: z.string() }).nullable(),
  /** Newest first. */
  deliveries: z.array(
    z.object({
      id: z.string(),
      happened: z.enum(['raised', 'resolved', 'test']),
      alert: z.string().nullable(),
      state: z.enum(['waiting', 'done', 'failed']),
      attempts: z.number().int(),
      error: z.string().nullable(),
      created_at: z.string(),
    }),
  ),
});
export const alertWebhookInput = z.strictObject({ url: z.string().trim().min(1).max(2_000) });
/** The secret is shown here and never again. */
export const alertWebhookSetAnswer = z.object({ host: z.string(), secret: z.string() });

export type CoverageAnswer = z.infer<typeof coverageAnswer>;
export type AlertAnswer = z.infer<typeof alertAnswer>;
export type AlertsAnswer = z.infer<typeof alertsAnswer>;
export type AlertWebhookAnswer = z.infer<typeof alertWebhookAnswer>;
export type AlertWebhookSetAnswer = z.infer<typeof alertWebhookSetAnswer>;
