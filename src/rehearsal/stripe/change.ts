import type { SimulatedAccount } from './account.ts';
import { cancelSubscription, settleInvoice, updateSubscription } from './billing.ts';
import { expireSession } from './checkout.ts';
import { StripeRefusal } from './errors.ts';
import { type Form, textOf, textsOf } from './form.ts';
import { confirmIntent } from './money.ts';
import { metadata } from './parameters.ts';
import type { Row } from './rows.ts';

/** POST and DELETE on single objects, and the verbs below them (`/confirm`, `/expire`, `/cancel`). */

/** `POST /v1/<collection>/<id>`: metadata everywhere, and the few other fields a merchant changes. */
export function update(account: SimulatedAccount, row: Row, body: Form): void {
  if (!('metadata' in row)) throw unsupported();
  const next = body.metadata === undefined ? row.metadata : metadata(body.metadata, row.metadata);
  switch (row.object) {
    case 'subscription':
      updateSubscription(account.engine, row, next);
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
      if (textsOf(body.enabled_events).length > 0) row.enabledEvents = textsOf(body.enabled_events);
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

/** `POST /v1/<collection>/<id>/<verb>`. @returns the object to answer */
export function act(account: SimulatedAccount, row: Row, verb: string): Row {
  if (row.object === 'payment_intent' && verb === 'confirm') {
    confirmIntent(account.engine, row, 'succeeds', (charge) => settleInvoice(account.engine, charge));
    return row;
  }
  if (row.object === 'payment_intent' && verb === 'cancel') {
    row.status = 'canceled';
    account.engine.emit('payment_intent.canceled', row);
    return row;
  }
  if (row.object === 'checkout.session' && verb === 'expire') {
    expireSession(account.engine, row);
    return row;
  }
  throw unsupported();
}

/** `DELETE /v1/<collection>/<id>`. */
export function remove(account: SimulatedAccount, row: Row): Row | { id: string; object: string; deleted: true } {
  if (row.object === 'subscription') {
    cancelSubscription(account.engine, row);
    return row;
  }
  if (row.object !== 'webhook_endpoint' && row.object !== 'customer') throw unsupported();
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
