import type { SimulatedAccount } from './account.ts';
import { cancelIntent, capture } from './capture.ts';
import { expireSession } from './checkout.ts';
import { advanceClock } from './clocks.ts';
import { voidCreditNote } from './credit-notes.ts';
import { closeDispute } from './disputes.ts';
import { StripeRefusal } from './errors.ts';
import { checkEventTypes } from './create.ts';
import { type Form, formOf, listOfForms, textOf, textsOf } from './form.ts';
import { markUncollectible, payInvoice, payOffStripe, settleInvoice, voidInvoice } from './invoices.ts';
import type { SubscriptionRow } from './billing-rows.ts';
import { confirmIntent } from './money.ts';
import { integer, metadata, requiredText } from './parameters.ts';
import { finishRefund } from './refunds.ts';
import type { Row } from './rows.ts';
import { cancelSubscription, changePrice, pauseCollection, updateSubscription } from './subscriptions.ts';

/** POST and DELETE on single objects, and the verbs below them (`/confirm`, `/expire`, `/cancel`). */

/** `POST /v1/<collection>/<id>`: metadata everywhere, and the few other fields a merchant changes. */
export function update(account: SimulatedAccount, row: Row, body: Form): void {
  if (!('metadata' in row)) throw unsupported();
  const next = body.metadata === undefined ? row.metadata : metadata(body.metadata, row.metadata);
  switch (row.object) {
    case 'subscription':
      changeSubscription(account, row, body, next);
      return;
    case 'customer': {
      const before = { metadata: row.metadata, email: row.email };
      row.metadata = next;
      row.email = textOf(body.email) ?? row.email;
      account.engine.emit('customer.updated', row, before);
      return;
    }
    case 'webhook_endpoint':
      row.url = textOf(body.url) ?? row.url;
      if (textsOf(body.enabled_events).length > 0) {
        row.enabledEvents = checkEventTypes(textsOf(body.enabled_events), row.version);
      }
      if (body.disabled !== undefined) row.status = body.disabled === 'true' ? 'disabled' : 'enabled';
      break;
    case 'charge':
      row.metadata = next;
      account.engine.emit('charge.updated', row, {});
      return;
    default:
  }
  row.metadata = next;
}

function changeSubscription(
  { engine }: SimulatedAccount,
  row: SubscriptionRow,
  body: Form,
  next: SubscriptionRow['metadata'],
): void {
  const price = textOf(listOfForms(body.items)[0]?.price);
  if (price !== null) changePrice(engine, row, engine.state.need('price', price).id);
  if (body.cancel_at_period_end === 'true') cancelSubscription(engine, row, true);
  if (body.pause_collection !== undefined) {
    pauseCollection(engine, row, textOf(formOf(body.pause_collection).behavior) !== null);
  }
  if (body.metadata !== undefined || Object.keys(body).length === 0) updateSubscription(engine, row, next);
}

type Verb = (account: SimulatedAccount, row: never, form: Form) => void;

/** What is done to single objects, by kind and verb. */
const VERBS: Partial<Record<Row['object'], Record<string, Verb>>> = {
  payment_intent: {
    confirm: ({ engine }, row) => {
      confirmIntent(engine, row, 'succeeds', (charge) => settleInvoice(engine, charge));
    },
    capture: ({ engine }, row, form) => {
      capture(engine, row, {
        amount: integer(form, 'amount_to_capture'),
        isFinal: form.final_capture !== 'false',
      });
    },
    cancel: ({ engine }, row) => cancelIntent(engine, row),
  },
  'checkout.session': { expire: ({ engine }, row) => expireSession(engine, row) },
  refund: { cancel: ({ engine }, row) => finishRefund(engine, row, 'canceled') },
  dispute: { close: ({ engine }, row) => closeDispute(engine, row, 'lost') },
  invoice: {
    pay: ({ engine }, row, form) => {
      if (form.paid_out_of_band === 'true') payOffStripe(engine, row, 'out_of_band');
      else payInvoice(engine, row, 'succeeds');
    },
    void: ({ engine }, row) => voidInvoice(engine, row),
    mark_uncollectible: ({ engine }, row) => markUncollectible(engine, row),
  },
  credit_note: { void: ({ engine }, row) => voidCreditNote(engine, row) },
  'test_helpers.test_clock': {
    advance: ({ engine }, row, form) => {
      requiredText(form, 'frozen_time');
      advanceClock(engine, row, integer(form, 'frozen_time')!);
    },
  },
};

/** `POST /v1/<collection>/<id>/<verb>`. @returns the object to answer */
export function act(account: SimulatedAccount, row: Row, verb: string, form: Form): Row {
  const work = VERBS[row.object]?.[verb];
  if (!work) throw unsupported();
  work(account, row as never, form);
  return row;
}

/** `DELETE /v1/<collection>/<id>`. */
export function remove(account: SimulatedAccount, row: Row): Row | { id: string; object: string; deleted: true } {
  if (row.object === 'subscription') {
    cancelSubscription(account.engine, row);
    return row;
  }
  const removable: readonly Row['object'][] = ['webhook_endpoint', 'customer', 'test_helpers.test_clock'];
  if (!removable.includes(row.object)) throw unsupported();
  account.state.remove(row.object, row.id);
  if (row.object === 'customer') account.engine.emit('customer.deleted', row);
  return { id: row.id, object: row.object, deleted: true };
}

function unsupported(): StripeRefusal {
  return new StripeRefusal(404, {
    message:
      'Unrecognized request URL. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.',
  });
}
