import { describedKind, endOfSecond, gather } from './gather.ts';
import type { PaymentFacts } from './gather.ts';
import { linksOf } from './ladder.ts';
import type { CheckoutHit } from './ladder.ts';
import { sumLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Link } from './link.ts';
import type {
  BalanceTransactionObject,
  ChargeObject,
  Mode,
  Payment,
  PaymentKind,
  ProviderObject,
  RefundObject,
  WantedObject,
} from './payment.ts';
import { wantsOf } from './wants.ts';

export interface FoldOptions {
  site: string;
  connection: string;
  mode: Mode;
  /** Metadata keys the site reads after the built-in ones. */
  visitorMetadataKeys?: readonly string[];
  /** Checkout hits for this payment's sessions and payment intent; others are ignored. */
  checkouts?: readonly CheckoutHit[];
}

export interface FoldedPayment {
  /** null: no money is known to have moved (yet). */
  payment: Payment | null;
  /** One desired entry per money object, of amount 0 where nothing should stand; `corrections` turns them into rows. */
  entries: LedgerEntry[];
  links: Link[];
  wanted: WantedObject[];
}

/**
 * Everything Headwater says about one charge, from the set of merged objects known. Pure, and free of order by
 * construction: it looks at a set. Money comes from the charge, its refunds and their balance transactions only;
 * sessions, invoices and payment intents link, and nothing is summed from events.
 *
 * @param objects any superset of what `gather` needs, one object per id (see mergeAll)
 */
export function foldPayment(chargeId: string, objects: readonly ProviderObject[], options: FoldOptions): FoldedPayment {
  const facts = gather(chargeId, objects);
  const links = linksOf(facts, options);
  const wanted = wantsOf(chargeId, facts, links);
  const { charge } = facts;
  if (!charge || charge.createdAt === null || charge.currency === null || charge.amountCapturedMinor === 0) {
    return { payment: null, entries: [], links, wanted };
  }
  const occurredAt = endOfSecond(charge.createdAt);
  const entries = desiredEntries(charge, occurredAt, charge.currency, facts);
  const { kind, subscription } = kindOf(facts);
  const payment: Payment = {
    site: options.site,
    id: chargeId,
    mode: options.mode,
    connection: options.connection,
    kind,
    currency: charge.currency,
    occurredAt,
    customer: facts.customerIds[0] ?? null,
    subscription,
    pathEndsAt: kind === 'one_time' ? null : pathEnd(occurredAt, subscription, facts),
    ...sumLedger(entries),
  };
  return { payment, entries, links, wanted };
}

function desiredEntries(charge: ChargeObject, occurredAt: number, currency: string, facts: PaymentFacts) {
  const base = { paymentId: charge.id, currency };
  const isPaid = charge.status === 'succeeded';
  const refunds = refundAmounts(charge, facts.refunds);
  const entries: LedgerEntry[] = [
    {
      ...base,
      id: charge.id,
      kind: 'charge',
      amountMinor: isPaid ? charge.amountCapturedMinor : 0,
      occurredAt,
      ...settlement(charge, facts.balanceTransactions),
    },
  ];
  for (const refund of facts.refunds) {
    entries.push({
      ...base,
      id: refund.id,
      kind: 'refund',
      amountMinor: 0 - (refunds.known.get(refund.id) ?? 0),
      currency: refund.currency ?? currency,
      occurredAt: refund.createdAt === null ? occurredAt : endOfSecond(refund.createdAt),
      ...settlement(refund, facts.balanceTransactions),
    });
  }
  entries.push({
    ...base,
    id: `${charge.id}#refunds`,
    kind: 'refund',
    amountMinor: 0 - refunds.notItemised,
    occurredAt: Math.max(occurredAt, charge.refundedSeenAt ?? occurredAt),
    ...NOT_SETTLED,
  });
  return entries;
}

/**
 * What counts as refunded. Pending refunds count (Stripe includes them in `amount_refunded` and they nearly always
 * succeed); failed and canceled ones do not. Two amounts are no refund to the merchant's customer:
 * the rest of a partial capture, and an authorisation that expired, which Stripe both reports as refunds of its own.
 * Together they are `amount − amount_captured`, and are taken off what is not itemised first, then off the earliest.
 */
function refundAmounts(charge: ChargeObject, refunds: readonly RefundObject[]) {
  // Failed refunds are itemised too: `amount_refunded` was that large because of them.
  const itemised = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0);
  let notItemised = Math.max(0, charge.amountRefundedMinor - itemised);
  let notCaptured = Math.max(0, charge.amountMinor - charge.amountCapturedMinor);
  const take = (amount: number) => {
    const taken = Math.min(amount, notCaptured);
    notCaptured -= taken;
    return amount - taken;
  };
  notItemised = take(notItemised);
  const known = new Map<string, number>();
  const inTime = [...refunds].sort(
    (a, b) => rankOfRelease(a) - rankOfRelease(b) || (a.createdAt ?? 0) - (b.createdAt ?? 0) || (a.id < b.id ? -1 : 1),
  );
  for (const refund of inTime) {
    const isLive = refund.status !== 'failed' && refund.status !== 'canceled';
    known.set(refund.id, isLive ? take(refund.amountMinor) : 0);
  }
  return { known, notItemised };
}

const rankOfRelease = (refund: RefundObject) => (refund.reason === 'expired_uncaptured_charge' ? 0 : 1);

type Settlement = Pick<LedgerEntry, 'balanceTransaction' | 'settledMinor' | 'settledCurrency' | 'feeMinor'>;
const NOT_SETTLED: Settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };

/** Sums all balance transactions of a money object: a failed charge has two, its own and the one that takes it back. */
function settlement(
  object: ChargeObject | RefundObject,
  known: ReadonlyMap<string, BalanceTransactionObject>,
): Settlement {
  const own = [...known.values()].filter(
    (it) =>
      it.id === object.balanceTransaction || it.id === object.failureBalanceTransaction || it.source === object.id,
  );
  const main = own.find((it) => it.id === object.balanceTransaction) ?? own[0];
  if (!main) return { ...NOT_SETTLED, balanceTransaction: object.balanceTransaction };
  const sameCurrency = own.filter((it) => it.currency === main.currency);
  return {
    balanceTransaction: main.id,
    settledMinor: sameCurrency.reduce((sum, it) => sum + it.amountMinor, 0),
    settledCurrency: main.currency,
    feeMinor: sameCurrency.reduce((sum, it) => sum + it.feeMinor, 0),
  };
}

/**
 * The invoice says the kind. Until it is known, a session in subscription mode or Stripe's own description of the
 * charges it makes for subscriptions says it for the time being.
 */
function kindOf(facts: PaymentFacts): { kind: PaymentKind; subscription: string | null } {
  const subscription = facts.subscriptionIds[0] ?? null;
  const reason = facts.invoices.map((invoice) => invoice.billingReason).find((it) => it !== null) ?? null;
  if (reason === 'subscription_create') return { kind: 'subscription_start', subscription };
  if (reason === 'subscription_cycle') return { kind: 'subscription_renewal', subscription };
  if (reason?.startsWith('subscription')) return { kind: 'subscription_other', subscription };
  if (facts.invoices.length > 0) return { kind: subscription ? 'subscription_other' : 'one_time', subscription };
  if (facts.sessions.byIntent.some((session) => session.mode === 'subscription')) {
    return { kind: 'subscription_start', subscription };
  }
  return { kind: describedKind(facts.charge) ?? 'one_time', subscription };
}

/** A subscription's path ends when it was created (or with the payment, where Checkout creates it afterwards). */
function pathEnd(occurredAt: number, subscription: string | null, facts: PaymentFacts): number {
  const createdAt = facts.subscriptions.find((it) => it.id === subscription)?.createdAt ?? null;
  return createdAt === null ? occurredAt : Math.min(occurredAt, endOfSecond(createdAt));
}
