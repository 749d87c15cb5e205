import { z } from 'zod';

/**
 * The JSON contract of the API, shared by the server (which validates requests and serialises answers with it) and the
 * dashboard (which takes its types). Amounts are integers in minor units; times in answers are ISO 8601, UTC.
 */

export const meAnswer = z.object({
  member: z.object({ id: z.string(), name: z.string(), email: z.string() }).nullable(),
  /** True until the owner account exists: the page then asks for the set-up link. */
  setup_required: z.boolean(),
});
export const setupInput = z.strictObject({
  token: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  email: z.email().max(254),
  password: z.string().min(10).max(200),
});
export const signInInput = z.strictObject({ email: z.email().max(254), password: z.string().min(1).max(200) });

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
export const keyInput = z.strictObject({
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
  status: z.enum(['verified', 'unverified', 'refused', 'disconnected']),
  status_reason: z.string().nullable(),
  key_hint: z.string().nullable(),
  granted_by: z.enum(['key', 'oauth']),
  /** What the key may do; null: not asked yet. */
  permissions: z.record(z.string(), z.enum(['granted', 'missing', 'unknown'])).nullable(),
  /** The webhook endpoint at Stripe; null: not looked at yet. */
  endpoint: z
    .object({
      state: z.enum(['created', 'manual', 'failed', 'unreachable']),
      id: z.string().nullable(),
      reason: z.string().nullable(),
    })
    .nullable(),
  webhook_secrets: z.number().int(),
  created_at: z.string(),
  checked_at: z.string().nullable(),
  last_event_at: z.string().nullable(),
});
export const connectionsAnswer = z.object({
  connections: z.array(connectionAnswer),
  /** Every permission Headwater has a use for. */
  permissions: z.array(
    z.object({ name: z.string(), label: z.string(), access: z.enum(['read', 'write']), without: z.string() }),
  ),
  /** Stripe's form for a restricted key, filled in. */
  key_links: z.object({ live: z.string(), test: z.string() }),
  /** May accounts be connected by Stripe's own page? */
  oauth: z.boolean(),
  /** Why Stripe cannot deliver webhooks here; null when it can. */
  webhook_unreachable: z.string().nullable(),
  webhook_url: z.string(),
  webhook_events: z.array(z.string()),
  inbox: z.object({ pending: z.number(), done: z.number(), dead: z.number(), quarantined: z.number() }),
  dead_letters: z.array(
    z.object({
      event_id: z.string(),
      type: z.string(),
      received_at: z.string(),
      error: z.string().nullable(),
      /** False when its body was purged: then only reading the account's history again brings what it held. */
      replayable: z.boolean(),
    }),
  ),
});
export const connectInput = z.strictObject({
  key: z.string().trim().min(1).max(300).optional(),
  webhook_secret: z.string().trim().min(1).max(300).optional(),
  /** Which connection it belongs to, where several could be meant. */
  connection: z.string().trim().min(1).max(64).optional(),
  /** For a webhook secret without a key. */
  mode: z.enum(['live', 'test']).optional(),
});
export const disconnectAnswer = z.object({
  id: z.string(),
  /** What is left to do in Stripe; null: nothing. */
  left: z.string().nullable(),
});
export const oauthAnswer = z.object({ url: z.string() });
export const oauthCallback = z.object({
  state: z.string().max(2000).default(''),
  code: z.string().max(500).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(1000).optional(),
});

export const findingAnswer = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'note']),
  title: z.string(),
  detail: z.string(),
  /** Ids at Stripe that show it. */
  objects: z.array(z.string()),
  /** `code` is what the reader can paste. */
  remedy: z.object({ text: z.string(), code: z.string().nullable() }),
});
export const doctorAnswer = z.object({
  checked_at: z.string(),
  /** The worst first. */
  findings: z.array(findingAnswer),
  checks: z.array(
    z.object({
      code: z.string(),
      title: z.string(),
      state: z.enum(['passed', 'found', 'skipped']),
      reason: z.string().nullable(),
    }),
  ),
});

export const paymentsQuery = z.strictObject({
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
  /** Tax in `gross`; null when no paid document of this very amount told it. */
  tax: z.number().int().nullable(),
  /** The largest line: its words, else its product's id. */
  product: z.string().nullable(),
  coupon: z.string().nullable(),
  /**
   * Of payments in another currency than the site's: the revenue in the site's, as in its reports; null when a part could
   * not be converted.
   */
  revenue_converted: z.number().int().nullable().optional(),
});
export const paymentsAnswer = z.object({ payments: z.array(paymentAnswer), next: z.string().nullable() });

export const paymentDetailAnswer = paymentAnswer.extend({
  mode: z.enum(['live', 'test']),
  connection: z.string(),
  subscription: z.string().nullable(),
  fee_currency: z.string().nullable(),
  product_id: z.string().nullable(),
  price_id: z.string().nullable(),
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
      /** Amount and currency of the balance transaction; the fee is in that currency too. */
      settled: z.number().int().nullable(),
      settled_currency: z.string().nullable(),
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
  /** The payment in the site's currency, where an amount or a fee is in another. */
  converted: z
    .object({
      ...moneyRow,
      /** False when something of it could not be converted, and is left out of the sums. */
      complete: z.boolean(),
      entries: z.array(
        z.object({
          id: z.string(),
          /** null: no settlement and no rate says it. */
          amount: z.number().int().nullable(),
          fee: z.number().int().nullable(),
          by: z.enum(['same', 'settlement', 'charge', 'rate']).nullable(),
          /** A balance transaction's id, or the day's rates: '2026-11-02 eur/usd 1.0931'; null: none was needed. */
          evidence: z.string().nullable(),
        }),
      ),
    })
    .optional(),
});

/** How many events were put back to be processed once more. */
export const replayAnswer = z.object({ replayed: z.number().int() });
/** The job that does it; its progress is part of the history. */
export const jobAnswer = z.object({ job: z.string() });

const time = z.string();
const residualName = z.enum(['not_a_payment', 'missing_in_ledger', 'amount_differs', 'not_settled', 'fee_differs']);
export const historyAnswer = z.object({
  connections: z.array(
    z.object({
      id: z.string(),
      livemode: z.boolean(),
      backfill: z
        .object({
          state: z.enum(['queued', 'running', 'done', 'failed']),
          error: z.string().nullable(),
          started_at: time.nullable(),
          steps: z.array(
            z.object({
              list: z.string(),
              state: z.enum(['waiting', 'running', 'done', 'skipped']),
              objects: z.number().int(),
              new: z.number().int(),
              reason: z.string().nullable(),
            }),
          ),
          bad: z.array(z.object({ id: z.string(), reason: z.string() })),
        })
        .nullable(),
      polling: z
        .object({
          by: z.enum(['events', 'lists']),
          read_until: time,
          polled_at: time.nullable(),
          error: z.string().nullable(),
        })
        .nullable(),
      last_delivery_at: time.nullable(),
      /** The latest comparison with Stripe's balance transactions. */
      reconcile: z
        .object({
          state: z.enum(['queued', 'running', 'done', 'failed']),
          error: z.string().nullable(),
          from: z.string(),
          to: z.string(),
          /** The next day to compare. */
          day: z.string().nullable(),
          /** Differences that were found and are gone; the first 200. */
          healed: z.array(
            z.object({
              name: residualName,
              day: z.string(),
              currency: z.string(),
              amount_minor: z.number().int(),
              objects: z.array(z.string()),
            }),
          ),
          healed_count: z.number().int(),
        })
        .nullable(),
    }),
  ),
  /** Times in which webhooks should have come and did not, and what was read instead: event type or list → how many. */
  gaps: z.array(
    z.object({
      connection: z.string(),
      from: time,
      to: time,
      found_at: time,
      by: z.enum(['events', 'lists']),
      brought: z.record(z.string(), z.number().int()),
    }),
  ),
  /** Newest day first. `stripe_minor` less `ledger_minor` is the sum of the residuals, those of fees left out. */
  reconciliation: z.array(
    z.object({
      connection: z.string(),
      day: z.string(),
      currency: z.string(),
      stripe_minor: z.number().int(),
      ledger_minor: z.number().int(),
      checked_at: time,
      residuals: z.array(
        z.object({
          name: residualName,
          day: z.string(),
          currency: z.string(),
          amount_minor: z.number().int(),
          count: z.number().int(),
          type: z.string().nullable(),
          objects: z.array(z.string()),
          /** The payment of this site that it is about, where there is one. */
          payment: z.string().nullable(),
          detail: z.string(),
        }),
      ),
    }),
  ),
});

export type ReplayAnswer = z.infer<typeof replayAnswer>;
export type JobAnswer = z.infer<typeof jobAnswer>;
export type HistoryAnswer = z.infer<typeof historyAnswer>;
export type KeyAnswer = z.infer<typeof keyAnswer>;
export type KeysAnswer = z.infer<typeof keysAnswer>;
export type KeyCreatedAnswer = z.infer<typeof keyCreatedAnswer>;
export type MeAnswer = z.infer<typeof meAnswer>;
export type ConnectionAnswer = z.infer<typeof connectionAnswer>;
export type ConnectionsAnswer = z.infer<typeof connectionsAnswer>;
export type FindingAnswer = z.infer<typeof findingAnswer>;
export type DoctorAnswer = z.infer<typeof doctorAnswer>;
export type DisconnectAnswer = z.infer<typeof disconnectAnswer>;
export type PaymentAnswer = z.infer<typeof paymentAnswer>;
export type PaymentsAnswer = z.infer<typeof paymentsAnswer>;
export type PaymentDetailAnswer = z.infer<typeof paymentDetailAnswer>;
export type { RatesAnswer, ReportAnswer } from './contract-report.ts';
