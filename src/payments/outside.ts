import { isDeepStrictEqual } from 'node:util';
import type { ChargeObject, Evidence, Mode, PaymentKind } from '../core/payment.ts';
import type { Records, Site } from '../storage/records/records.ts';
import { bookObjects, lockConnection } from './book.ts';

/** Kinds that money of other providers can be of: `off_stripe` means an invoice of Stripe. */
export const OUTSIDE_KINDS = [
  'one_time',
  'subscription_start',
  'subscription_renewal',
  'subscription_other',
] as const satisfies readonly PaymentKind[];

/** A payment that another provider took, as the merchant's server tells it. Amounts in minor units. */
export interface OutsidePayment {
  id: string;
  amountMinor: number;
  /** Lower case. */
  currency: string;
  /** Epoch milliseconds, exact: nothing rounds it to a second. */
  occurredAt: number;
  /** As received: the ladder judges it. */
  visitor: string | null;
  /** Who paid, by the merchant's own id: an `app_id` given to identify() finds the visitor. */
  customer: string | null;
  kind: (typeof OUTSIDE_KINDS)[number];
  /** null: that of the site's reports; live where there is no Stripe connection whose mode could differ. */
  mode: Mode | null;
}

export type OutsideOutcome = 'booked' | 'known' | 'other_content';

/**
 * Books money of other providers by the one way that Stripe's goes: an object that is merged, folded and booked, with its
 * evidence. The id is the idempotency key: the same content again changes nothing, other content is refused.
 */
export function createOutsidePayments(deps: {
  records: Records;
  now: () => number;
  defaultMode(site: string): Promise<Mode>;
  /** Called after a payment was booked: it waits for attribution. */
  onBooked?: () => void;
}): (site: Site, payment: OutsidePayment) => Promise<OutsideOutcome> {
  const { records, now, defaultMode } = deps;

  return async (site, payment) => {
    const isAlone = (await records.connections.ofSite(site.id)).length === 0;
    const mode = payment.mode ?? (isAlone ? 'live' : await defaultMode(site.id));
    const connection = { id: `outside:${site.id}:${mode}`, mode };
    const outcome = await records.transaction(async (tx): Promise<OutsideOutcome> => {
      await lockConnection(tx, { id: `outside:${site.id}` });
      await lockConnection(tx, connection);
      const told = toCharge(payment, now());
      const known = await tx.objects.get(connection.id, payment.id);
      if (known) return sameContent(known as ChargeObject, told) ? 'known' : 'other_content';
      // In the other mode, or a payment of Stripe: never two of one id, or their entries would become one payment.
      if (await tx.payments.get(site.id, payment.id)) return 'other_content';
      await bookObjects(tx, { connection, site, now: now(), fetchDelayMs: 0 }, [told]);
      return 'booked';
    });
    if (outcome === 'booked') deps.onBooked?.();
    return outcome;
  };
}

function toCharge(payment: OutsidePayment, seenAt: number): ChargeObject {
  const found = [
    { field: 'customer', value: payment.customer },
    { field: 'visitor_id', value: payment.visitor },
  ];
  return {
    kind: 'charge',
    id: payment.id,
    createdAt: payment.occurredAt,
    evidence: found.filter((it): it is { field: string; value: string } => it.value !== null).map(seen(seenAt)),
    paymentIntent: null,
    customer: payment.customer,
    invoice: null,
    balanceTransaction: null,
    currency: payment.currency,
    amountMinor: payment.amountMinor,
    amountCapturedMinor: payment.amountMinor,
    amountRefundedMinor: 0,
    status: 'succeeded',
    failureBalanceTransaction: null,
    description: null,
    outside: payment.kind,
  };
}

const seen =
  (seenAt: number) =>
  ({ field, value }: { field: string; value: string }): Evidence => ({ field, value, seenAt });

function sameContent(a: ChargeObject, b: ChargeObject): boolean {
  const content = ({ createdAt, amountMinor, currency, customer, outside, evidence }: ChargeObject) => ({
    createdAt,
    amountMinor,
    currency,
    customer,
    outside,
    evidence: evidence.map(({ field, value }) => `${field} ${value}`).sort(),
  });
  return isDeepStrictEqual(content(a), content(b));
}
