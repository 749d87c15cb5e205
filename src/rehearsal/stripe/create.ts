import type { SimulatedAccount } from './account.ts';
import { createCustomer, createPrice, payInvoice, startSubscription } from './billing.ts';
import { createLink, openSession } from './checkout.ts';
import { missing, parameterInvalid, parameterMissing, StripeRefusal } from './errors.ts';
import { type Form, formOf, listOfForms, textOf, textsOf } from './form.ts';
import { confirmIntent, createIntent, refund } from './money.ts';
import { currency, integer, metadata, positiveInteger, requiredText } from './parameters.ts';
import type { Interval, Item, RefundRow, Row, RowKind } from './rows.ts';
import { type ApiVersion, ENDIVE, isApiVersion } from './versions.ts';

/** POST on collections: what a merchant's server creates. Refuses in Stripe's words. */
export type Creator = (account: SimulatedAccount, body: Form, version: ApiVersion) => Row;

const INTERVALS: readonly Interval[] = ['day', 'week', 'month', 'year'];

export const CREATORS: Partial<Record<RowKind, Creator>> = {
  customer: (account, body) =>
    createCustomer(account.engine, {
      email: textOf(body.email),
      name: textOf(body.name),
      metadata: metadata(body.metadata),
    }),

  product: (account, body) =>
    account.state.add({
      object: 'product' as const,
      id: account.state.newId('product'),
      created: account.engine.now(),
      name: requiredText(body, 'name'),
      metadata: metadata(body.metadata),
    }),

  price: (account, body) => {
    const product = textOf(body.product);
    if (product !== null && !account.state.get('product', product)) throw missing('product', product, 'product');
    return createPrice(account.engine, {
      amount: positiveInteger(body, 'unit_amount'),
      currency: currency(body),
      interval: intervalOf(body),
      product,
      productName: textOf(formOf(body.product_data).name) ?? 'Product',
    });
  },

  payment_intent: (account, body, version) => {
    const customer = customerOf(account, body);
    const intent = createIntent(account.engine, {
      amount: positiveInteger(body, 'amount'),
      currency: currency(body),
      version,
      customer,
      email: textOf(body.receipt_email),
      metadata: metadata(body.metadata),
      description: textOf(body.description),
    });
    if (body.confirm === 'true') confirmIntent(account.engine, intent, 'succeeds');
    return intent;
  },

  'checkout.session': (account, body, version) => {
    const mode = requiredText(body, 'mode');
    if (mode !== 'payment' && mode !== 'subscription') {
      throw parameterInvalid('mode', `Invalid mode: must be one of payment or subscription, got ${mode.slice(0, 40)}.`);
    }
    if (version === ENDIVE && body.payment_method_types !== undefined) throw unknownParameter('payment_method_types');
    const intentData = formOf(body.payment_intent_data);
    if (mode === 'subscription' && Object.keys(intentData).length > 0) {
      throw parameterInvalid('payment_intent_data', 'You can not pass `payment_intent_data` in `subscription` mode.');
    }
    const items = lineItems(account, body, 'line_items');
    checkRecurring(account, items, mode);
    const creation = textOf(body.customer_creation);
    const subscriptionData = formOf(body.subscription_data);
    const invoiceCreation = formOf(body.invoice_creation);
    return openSession(account.engine, {
      mode,
      items,
      version,
      metadata: metadata(body.metadata),
      clientReferenceId: textOf(body.client_reference_id),
      customer: customerOf(account, body),
      customerEmail: textOf(body.customer_email),
      customerCreation: creation === 'always' || creation === 'if_required' ? creation : null,
      paymentIntentMetadata: metadata(intentData.metadata),
      subscriptionMetadata: metadata(subscriptionData.metadata),
      trialDays: integer(subscriptionData, 'trial_period_days') ?? 0,
      invoiceMetadata:
        invoiceCreation.enabled === 'true' ? metadata(formOf(invoiceCreation.invoice_data).metadata) : null,
      successUrl: textOf(body.success_url),
      cancelUrl: textOf(body.cancel_url),
    });
  },

  payment_link: (account, body) =>
    createLink(account.engine, {
      items: lineItems(account, body, 'line_items'),
      metadata: metadata(body.metadata),
      paymentIntentMetadata: metadata(formOf(body.payment_intent_data).metadata),
      subscriptionMetadata: metadata(formOf(body.subscription_data).metadata),
      redirectUrl: textOf(formOf(formOf(body.after_completion).redirect).url),
    }),

  subscription: (account, body, version) => {
    const customer = account.state.get('customer', customerOf(account, body, true));
    if (!customer) throw parameterMissing('customer');
    const items = lineItems(account, body, 'items');
    checkRecurring(account, items, 'subscription');
    const { subscription, invoice } = startSubscription(account.engine, {
      customer,
      items,
      metadata: metadata(body.metadata),
      trialDays: integer(body, 'trial_period_days') ?? 0,
      version,
    });
    // Any other behaviour charges the customer's saved card at once; here every customer has a good one.
    if (textOf(body.payment_behavior) !== 'default_incomplete') payInvoice(account.engine, invoice, 'succeeds');
    return subscription;
  },

  refund: (account, body) => {
    const intent = textOf(body.payment_intent);
    const charge = textOf(body.charge) ?? account.state.get('payment_intent', intent)?.charges.at(-1) ?? null;
    if (charge === null) throw intent === null ? parameterMissing('charge') : missing('payment_intent', intent);
    const row = account.state.get('charge', charge);
    if (!row) throw missing('charge', charge, 'charge');
    return refund(account.engine, row, {
      amount: integer(body, 'amount') === null ? null : positiveInteger(body, 'amount'),
      reason: textOf(body.reason) as RefundRow['reason'],
      metadata: metadata(body.metadata),
    });
  },

  webhook_endpoint: (account, body, version) => {
    const events = textsOf(body.enabled_events);
    if (events.length === 0) throw parameterMissing('enabled_events');
    if (account.state.list('webhook_endpoint').length >= 16) {
      throw new StripeRefusal(400, { message: 'You have reached the maximum of 16 test webhook endpoints.' });
    }
    const pinned = textOf(body.api_version) ?? version;
    if (!isApiVersion(pinned)) throw parameterInvalid('api_version', `Invalid API version: ${pinned.slice(0, 60)}`);
    const url = requiredText(body, 'url');
    if (!URL.canParse(url))
      throw new StripeRefusal(400, { code: 'url_invalid', message: 'Not a valid URL', param: 'url' });
    return account.addEndpoint({
      url,
      events,
      version: pinned,
      metadata: metadata(body.metadata),
      description: textOf(body.description),
    });
  },
};

function unknownParameter(name: string): StripeRefusal {
  return new StripeRefusal(400, {
    code: 'parameter_unknown',
    message: `Received unknown parameter: ${name}`,
    param: name,
  });
}

function intervalOf(body: Form): Interval | null {
  const interval = textOf(formOf(body.recurring).interval);
  if (interval === null) return null;
  const known = INTERVALS.find((name) => name === interval);
  if (!known) throw parameterInvalid('recurring[interval]', `Invalid recurring[interval]: ${interval.slice(0, 40)}`);
  return known;
}

function customerOf(account: SimulatedAccount, body: Form, required = false): string | null {
  const id = required ? requiredText(body, 'customer') : textOf(body.customer);
  if (id !== null && !account.state.get('customer', id)) throw missing('customer', id, 'customer');
  return id;
}

function lineItems(account: SimulatedAccount, body: Form, name: string): Item[] {
  const forms = listOfForms(body[name]);
  if (forms.length === 0) throw parameterMissing(name);
  return forms.map((form, index) => {
    const quantity = integer(form, 'quantity') ?? 1;
    const price = textOf(form.price);
    if (price !== null) {
      if (!account.state.get('price', price)) throw missing('price', price, `${name}[${index}][price]`);
      return { price, quantity };
    }
    const data = formOf(form.price_data);
    const product = textOf(data.product);
    const made = createPrice(account.engine, {
      amount: positiveInteger(data, 'unit_amount'),
      currency: currency(data),
      interval: intervalOf(data),
      product: product !== null && account.state.get('product', product) ? product : null,
      productName: textOf(formOf(data.product_data).name) ?? 'Product',
    });
    return { price: made.id, quantity };
  });
}

function checkRecurring(account: SimulatedAccount, items: readonly Item[], mode: 'payment' | 'subscription'): void {
  const recurring = items.some((item) => account.state.need('price', item.price).interval !== null);
  if (mode === 'payment' && recurring) {
    throw new StripeRefusal(400, {
      message:
        'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      param: 'mode',
    });
  }
  if (mode === 'subscription' && !recurring) {
    throw new StripeRefusal(400, {
      message: 'You must provide at least one recurring price in `subscription` mode when using prices.',
      param: 'mode',
    });
  }
}
