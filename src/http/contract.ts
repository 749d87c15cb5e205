import { z } from 'zod';

/**
 * The JSON contract of the API, shared by the server (which validates requests and serialises answers with it) and the
 * dashboard (which takes its types). Amounts are integers in minor units; times in answers are ISO 8601, UTC.
 */

export const errorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
});

export const siteAnswer = z.object({
  id: z.string(),
  name: z.string(),
  domain: z.string(),
  timezone: z.string(),
  currency: z.string(),
  created_at: z.string(),
});
export const siteInput = z.object({
  name: z.string().trim().min(1).max(100),
  domain: z.string().trim().min(1).max(253),
  timezone: z.string().max(64).default('UTC'),
  currency: z.string().length(3).default('usd'),
});
export const siteChange = z.object({
  name: siteInput.shape.name.optional(),
  domain: siteInput.shape.domain.optional(),
  timezone: z.string().max(64).optional(),
  currency: z.string().length(3).optional(),
});
export const sitesAnswer = z.object({ sites: z.array(siteAnswer) });

/** What the set-up page polls: has the script been seen, is money coming in? */
export const siteStatusAnswer = z.object({
  snippet: z.string(),
  last_hit: z.object({ at: z.string(), url: z.string() }).nullable(),
  payments: z.number().int(),
  modes: z.array(z.enum(['live', 'test'])),
  default_mode: z.enum(['live', 'test']),
});

export const meAnswer = z.object({
  member: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
  /** True until the owner account exists: the page then asks for the set-up link. */
  setup_required: z.boolean(),
});
export const setupInput = z.object({
  token: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  email: z.email().max(254),
  password: z.string().min(10).max(200),
});
export const signInInput = z.object({ email: z.email().max(254), password: z.string().min(1).max(200) });

export const KEY_SCOPES = ['read', 'collect', 'write'] as const;
export const keyAnswer = z.object({
  id: z.string(),
  /** Its first characters, to tell keys apart. */
  prefix: z.string(),
  scopes: z.array(z.string()),
  created_at: z.string(),
  last_used_at: z.string().nullable(),
  expires_at: z.string().nullable(),
});
export const keysAnswer = z.object({ keys: z.array(keyAnswer) });
export const keyInput = z.object({
  scopes: z.array(z.enum(KEY_SCOPES)).min(1).max(KEY_SCOPES.length).optional(),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});
/** The key itself is shown here and never again. */
export const keyCreatedAnswer = keyAnswer.extend({ key: z.string() });

export const doneAnswer = z.object({ done: z.literal(true) });

export const connectionAnswer = z.object({
  id: z.string(),
  account: z.string().nullable(),
  livemode: z.boolean(),
  status: z.enum(['verified', 'unverified', 'refused']),
  status_reason: z.string().nullable(),
  key_hint: z.string().nullable(),
  webhook_secrets: z.number().int(),
  created_at: z.string(),
  checked_at: z.string().nullable(),
  last_event_at: z.string().nullable(),
});
export const connectionsAnswer = z.object({
  connections: z.array(connectionAnswer),
  webhook_url: z.string(),
  webhook_events: z.array(z.string()),
  inbox: z.object({ pending: z.number(), done: z.number(), dead: z.number(), quarantined: z.number() }),
  dead_letters: z.array(
    z.object({ event_id: z.string(), type: z.string(), received_at: z.string(), error: z.string().nullable() }),
  ),
});
export const connectInput = z.object({
  key: z.string().trim().min(1).max(300).optional(),
  webhook_secret: z.string().trim().min(1).max(300).optional(),
});

export const paymentsQuery = z.object({
  mode: z.enum(['live', 'test']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional(),
});

const moneyRow = {
  currency: z.string(),
  gross: z.number().int(),
  refunded: z.number().int(),
  disputed: z.number().int(),
  revenue: z.number().int(),
  fees: z.number().int(),
};
export const paymentAnswer = z.object({
  id: z.string(),
  occurred_at: z.string(),
  kind: z.string(),
  ...moneyRow,
  customer: z.string().nullable(),
  visitor_id: z.string().nullable(),
  /** Why it is unattributed; null when attributed. */
  reason: z.string().nullable(),
  /** First-touch source, '(direct)' or '(unattributed)'. */
  source: z.string(),
});
export const paymentsAnswer = z.object({ payments: z.array(paymentAnswer), next: z.string().nullable() });

export const paymentDetailAnswer = paymentAnswer.extend({
  mode: z.enum(['live', 'test']),
  connection: z.string(),
  subscription: z.string().nullable(),
  fee_currency: z.string().nullable(),
  /** The reason in words. */
  explanation: z.string().nullable(),
  entries: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      amount: z.number().int(),
      currency: z.string(),
      occurred_at: z.string(),
      balance_transaction: z.string().nullable(),
      fee: z.number().int().nullable(),
    }),
  ),
  links: z.array(
    z.object({
      object: z.string(),
      field: z.string(),
      value: z.string(),
      claim: z.string(),
      seen_at: z.string(),
      used: z.boolean(),
    }),
  ),
  touchpoints: z.array(
    z.object({
      at: z.string(),
      source: z.string(),
      medium: z.string(),
      campaign: z.string(),
      channel: z.string(),
      landing_page: z.string(),
      visitor_id: z.string(),
    }),
  ),
  /** Model → amounts in the order of `touchpoints`, each list summing to `revenue`; {} when unattributed. */
  credits: z.record(z.string(), z.array(z.number().int())),
});

export const reportAnswer = z.object({
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
  totals: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  currency: z.string(),
  mode: z.enum(['live', 'test']),
  compare: z
    .object({
      rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
      totals: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    })
    .optional(),
  /** Currency → the same metrics, for money not in the reporting currency: shown apart, never added. */
  unconverted: z.record(z.string(), z.record(z.string(), z.number())).optional(),
});

export type KeyAnswer = z.infer<typeof keyAnswer>;
export type KeysAnswer = z.infer<typeof keysAnswer>;
export type KeyCreatedAnswer = z.infer<typeof keyCreatedAnswer>;
export type SiteAnswer = z.infer<typeof siteAnswer>;
export type SiteStatusAnswer = z.infer<typeof siteStatusAnswer>;
export type MeAnswer = z.infer<typeof meAnswer>;
export type ConnectionAnswer = z.infer<typeof connectionAnswer>;
export type ConnectionsAnswer = z.infer<typeof connectionsAnswer>;
export type PaymentAnswer = z.infer<typeof paymentAnswer>;
export type PaymentsAnswer = z.infer<typeof paymentsAnswer>;
export type PaymentDetailAnswer = z.infer<typeof paymentDetailAnswer>;
export type ReportAnswer = z.infer<typeof reportAnswer>;
