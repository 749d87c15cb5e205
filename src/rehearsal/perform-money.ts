import { type Cast, chargeFor, known, remember } from './cast.ts';
import type { MoneyAction } from './scenario-money.ts';
import { cancel, finishPayment, renew, upgrade } from './stripe/actions.ts';
import { cancelIntent, capture, expireAuthorisation } from './stripe/capture.ts';
import { createCreditNote } from './stripe/credit-notes.ts';
import { closeDispute, dispute, escalate, submitEvidence, withdraw } from './stripe/disputes.ts';
import { payInvoice, payOffStripe, payPart, payTogether, voidInvoice } from './stripe/invoices.ts';
import { failAfterSuccess } from './stripe/money.ts';
import { finishRefund, refund } from './stripe/refunds.ts';
import type { DisputeRow, RefundRow } from './stripe/rows.ts';
import type { Item, SubscriptionRow } from './stripe/billing-rows.ts';
import { createPrice } from './stripe/prices.ts';
import {
  changeItems,
  endSubscription,
  pauseCollection,
  pauseSubscription,
  resumeSubscription,
  setStatus,
} from './stripe/subscriptions.ts';

/** What becomes of a visitor's payments, invoices and subscription. */
export function performMoney(cast: Cast, action: MoneyAction): void {
  const { account } = cast.target;
  const { engine } = account;
  const { visitor } = action;
  switch (action.kind) {
    case 'refund': {
      const { amountMinor: amount, of, pending } = action;
      const reason = 'requested_by_customer' as const;
      refund(engine, chargeFor(cast, visitor, of), { amount, reason, status: pending ? 'pending' : 'succeeded' });
      return;
    }
    case 'end refund':
      return finishRefund(engine, lastRefund(cast, visitor), action.end);
    case 'finish':
      return finishPayment(account, chargeFor(cast, visitor, null), action.outcome);
    case 'bounce':
      return failAfterSuccess(engine, chargeFor(cast, visitor, null));
    case 'capture': {
      const { amountMinor: amount, isFinal, of } = action;
      capture(engine, intentFor(cast, visitor, of), { amount, isFinal });
      return;
    }
    case 'end authorisation':
      if (action.end === 'expires') return expireAuthorisation(engine, intentFor(cast, visitor, null));
      return cancelIntent(engine, intentFor(cast, visitor, null));
    case 'dispute': {
      const { amountMinor: amount, as: kind, of } = action;
      dispute(engine, chargeFor(cast, visitor, of), { amount, currency: action.currency ?? undefined, kind });
      return;
    }
    case 'move dispute':
      return moveDispute(cast, visitor, action.to);
    case 'change price':
    case 'change subscription':
    case 'add item':
    case 'change quantity':
      return changeSubscription(cast, action);
    default:
      performInvoice(cast, action);
  }
}

type InvoiceAction = Extract<MoneyAction, { kind: 'pay invoice' | 'pay part' | 'void invoice' | 'credit' }>;

function performInvoice(cast: Cast, action: InvoiceAction): void {
  const { engine } = cast.target.account;
  const { visitor } = action;
  const invoices = known(cast.invoices, visitor, 'has no invoice');
  const open = invoices.filter((invoice) => invoice.status === 'open');
  const last = open.at(-1) ?? invoices.at(-1)!;
  switch (action.kind) {
    case 'pay part': {
      const charge = payPart(engine, last, action.amountMinor);
      return remember(cast, visitor, charge, action.named);
    }
    case 'pay invoice':
      if (action.how === 'whole') remember(cast, visitor, payInvoice(engine, last, 'succeeds'), null);
      else if (action.how === 'together') remember(cast, visitor, payTogether(engine, open, 'succeeds'), null);
      else payOffStripe(engine, last, action.how);
      return;
    case 'void invoice':
      return voidInvoice(engine, last);
    case 'credit':
      createCreditNote(engine, last, { amount: action.amountMinor, by: action.by });
  }
}

type SubscriptionAction = Extract<
  MoneyAction,
  { kind: 'change price' | 'change subscription' | 'add item' | 'change quantity' }
>;

function changeSubscription(cast: Cast, action: SubscriptionAction): void {
  const { account } = cast.target;
  const { engine } = account;
  const { visitor } = action;
  const subscription = known(cast.subscriptions, visitor, 'has no subscription');
  if (action.kind === 'change price') {
    const { charge, invoice } = upgrade(account, subscription, { amount: action.amountMinor, ...action.every });
    cast.invoices.set(visitor, [invoice]);
    return remember(cast, visitor, charge, action.named);
  }
  if (action.kind !== 'change subscription') {
    const { charge, invoice } = changeItems(engine, subscription, itemsAfter(cast, subscription, action));
    cast.invoices.set(visitor, [invoice]);
    return remember(cast, visitor, charge, null);
  }
  switch (action.to) {
    case 'pause collection':
    case 'resume collection':
      return pauseCollection(engine, subscription, action.to === 'pause collection');
    case 'unpaid':
    case 'active':
      return setStatus(engine, subscription, action.to);
    case 'remove item': {
      const { invoice } = changeItems(engine, subscription, subscription.items.slice(0, -1));
      cast.invoices.set(visitor, [invoice]);
      return;
    }
    case 'pause':
      return pauseSubscription(engine, subscription);
    case 'resume':
      return resumeSubscription(engine, subscription);
    case 'cancel':
      return cancel(account, subscription);
    case 'cancel at period end':
      return cancel(account, subscription, true);
    case 'end':
      return endSubscription(engine, subscription);
    case 'fail renewal':
      cast.invoices.set(visitor, [renew(account, subscription, 'fails').invoice]);
  }
}

function itemsAfter(
  { target }: Cast,
  { items, currency }: SubscriptionRow,
  action: Extract<SubscriptionAction, { kind: 'add item' | 'change quantity' }>,
): (Item & { id?: string })[] {
  if (action.kind === 'change quantity') {
    return items.map((item, index) => (index === 0 ? { ...item, quantity: action.quantity } : item));
  }
  const { amountMinor: amount, every, isMetered } = action;
  const price = createPrice(target.account.engine, { amount, currency, ...every, isMetered, productName: 'Add-on' });
  return [...items, { price: price.id, quantity: 1 }];
}

function moveDispute(cast: Cast, visitor: string, to: Extract<MoneyAction, { kind: 'move dispute' }>['to']): void {
  const { engine } = cast.target.account;
  const row = lastDispute(cast, visitor);
  if (to === 'withdrawn') return withdraw(engine, row);
  if (to === 'escalated') return escalate(engine, row);
  if (to === 'answered') return submitEvidence(engine, row);
  closeDispute(engine, row, to === 'closed' ? 'warning_closed' : to);
}

function intentFor(cast: Cast, visitor: string, of: string | null) {
  const { state } = cast.target.account;
  return state.need('payment_intent', chargeFor(cast, visitor, of).paymentIntent);
}

function lastRefund(cast: Cast, visitor: string): RefundRow {
  const id = chargeFor(cast, visitor, null).refunds.at(-1);
  if (id === undefined) throw new Error(`${visitor} was refunded nothing`);
  return cast.target.account.state.need('refund', id);
}

function lastDispute(cast: Cast, visitor: string): DisputeRow {
  const id = chargeFor(cast, visitor, null).disputes.at(-1);
  if (id === undefined) throw new Error(`${visitor} has disputed nothing`);
  return cast.target.account.state.need('dispute', id);
}
