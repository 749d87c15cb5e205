import type { SimulatedAccount } from './account.ts';
import type { Interval, Item, Terms } from './billing-rows.ts';
import { NO_TERMS } from './billing-rows.ts';
import { createLink, openSession } from './checkout.ts';
import { createClock } from './clocks.ts';
import { createCreditNote } from './credit-notes.ts';
import { createCustomer } from './customers.ts';
import { missing, parameterInvalid, parameterMissing, parameterUnknown, StripeRefusal } from './errors.ts';
import { knowsEventType } from './event-types.ts';
import { type Form, formOf, listOfForms, textOf, textsOf } from './form.ts';
import { payInvoice } from './invoices.ts';
import { confirmIntent, createIntent } from './money.ts';
import { currency, integer, metadata, positiveInteger, requiredText } from './parameters.ts';
import { createCoupon, createPrice, createPromotionCode, discountBy } from './prices.ts';
import { refund } from './refunds.ts';
import type { PaymentIntentRow, RefundRow, Row, RowKind } from './rows.ts';
import { startSubscription } from './subscriptions.ts';
import { type ApiVersion, isApiVersion, isBefore } from './versions.ts';

/** POST on collections: what a merchant's server creates. Refuses in Stripe's words. */
export type Creator = (account: SimulatedAccount, body: Form, version: ApiVersion) => Row;

const INTERVALS: readonly Interval[] = ['day', 'week', 'month', 'year'];

export const CREATORS: Partial<Record<RowKind, Creator>> = {
  customer: (account, body) =>
    createCustomer(account.engine, {
      email: textOf(body.email),
      name: textOf(body.name),
      metadata: metadata(body.metadata),
      testClock: clockOf(account, body),
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
      amount: unitAmount(body),
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
      captureMethod: captureMethodOf(body),
      connect: {
        applicationFeeAmount: integer(body, 'application_fee_amount'),
        destination: textOf(formOf(body.transfer_data).destination),
      },
    });
    if (body.confirm === 'true') confirmIntent(account.engine, intent, 'succeeds');
    return intent;
  },

  'checkout.session': (account, body, version) => {
    const mode = requiredText(body, 'mode');
    if (mode !== 'payment' && mode !== 'subscription') {
      throw parameterInvalid('mode', `Invalid mode: must be one of payment or subscription, got ${mode.slice(0, 40)}.`);
    }
    if (!isBefore(version, '2026-09-30') && body.payment_method_types !== undefined) {
      throw parameterUnknown('payment_method_types');
    }
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
      terms: termsOf(account, body),
      captureMethod: captureMethodOf(intentData),
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
      terms: termsOf(account, body),
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

  coupon: (account, body) =>
    createCoupon(account.engine, {
      id: textOf(body.id),
      name: textOf(body.name) ?? 'Coupon',
      percentOff: integer(body, 'percent_off'),
      amountOff: integer(body, 'amount_off'),
      currency: textOf(body.currency),
      duration: textOf(body.duration) === 'forever' ? 'forever' : 'once',
    }),

  promotion_code: (account, body) => {
    const coupon = textOf(formOf(body.promotion).coupon) ?? requiredText(body, 'coupon');
    if (!account.state.get('coupon', coupon)) throw missing('coupon', coupon, 'coupon');
    const code = textOf(body.code) ?? account.state.token(8).toUpperCase();
    return account.state.need('promotion_code', createPromotionCode(account.engine, code, coupon));
  },

  credit_note: (account, body) => {
    const id = requiredText(body, 'invoice');
    const invoice = account.state.get('invoice', id);
    if (!invoice) throw missing('invoice', id, 'invoice');
    const by =
      body.credit_amount === undefined ? (body.out_of_band_amount === undefined ? 'refund' : 'out_of_band') : 'balance';
    return createCreditNote(account.engine, invoice, { amount: positiveInteger(body, 'amount'), by });
  },

  'test_helpers.test_clock': (account, body) =>
    createClock(account.engine, positiveInteger(body, 'frozen_time'), textOf(body.name)),

  webhook_endpoint: createEndpoint,
};

const MAX_ENDPOINTS = 16;

function createEndpoint(account: SimulatedAccount, body: Form, version: ApiVersion): Row {
  const { livemode } = account.state;
  const events = textsOf(body.enabled_events);
  if (events.length === 0) throw parameterMissing('enabled_events');
  if (account.state.list('webhook_endpoint').length >= MAX_ENDPOINTS) {
    const mode = livemode ? 'live' : 'test';
    throw new StripeRefusal(400, {
      message: `You have reached the maximum of ${MAX_ENDPOINTS} ${mode} webhook endpoints.`,
    });
  }
  const pinned = textOf(body.api_version) ?? version;
  if (!isApiVersion(pinned)) throw parameterInvalid('api_version', `Invalid API version: ${pinned.slice(0, 60)}`);
  const url = requiredText(body, 'url');
  if (!URL.canParse(url)) {
    throw new StripeRefusal(400, { code: 'url_invalid', message: 'Not a valid URL', param: 'url' });
  }
  if (livemode && !url.startsWith('https://')) {
    const message = 'Invalid URL: In live mode, webhook URLs must begin with https.';
    throw new StripeRefusal(400, { code: 'url_invalid', message, param: 'url' });
  }
  return account.addEndpoint({
    url,
    events: checkEventTypes(events, pinned),
    version: pinned,
    metadata: metadata(body.metadata),
    description: textOf(body.description),
    connect: body.connect === 'true',
  });
}

/** @throws StripeRefusal naming the first type that this version does not know */
export function checkEventTypes(types: string[], version: ApiVersion): string[] {
  const index = types.findIndex((type) => type !== '*' && !knowsEventType(type, version));
  if (index === -1) return types;
  const param = `enabled_events[${index}]`;
  throw parameterInvalid(
    param,
    `Invalid ${param}: must be one of the event types of ${version}, got ${types[index]!.slice(0, 80)}`,
  );
}

function clockOf(account: SimulatedAccount, body: Form): string | null {
  const clock = textOf(body.test_clock);
  if (clock !== null && !account.state.get('test_helpers.test_clock', clock))
    throw missing('test clock', clock, 'test_clock');
  return clock;
}

function captureMethodOf(body: Form): PaymentIntentRow['captureMethod'] {
  return textOf(body.capture_method) === 'manual' ? 'manual' : 'automatic';
}

function termsOf(account: SimulatedAccount, body: Form): Terms {
  const given = listOfForms(body.discounts)[0];
  if (given === undefined) return NO_TERMS;
  const [coupon, promotionCode] = [textOf(given.coupon), textOf(given.promotion_code)];
  if (coupon !== null && !account.state.get('coupon', coupon)) throw missing('coupon', coupon, 'discounts[0][coupon]');
  if (promotionCode !== null && !account.state.get('promotion_code', promotionCode)) {
    throw missing('promotion code', promotionCode, 'discounts[0][promotion_code]');
  }
  return { ...NO_TERMS, discount: discountBy(account.engine, { coupon, promotionCode }).id };
}

/** `unit_amount_decimal` instead says fractions of a minor unit. */
function unitAmount(body: Form): number {
  const exact = textOf(body.unit_amount_decimal);
  return exact === null ? positiveInteger(body, 'unit_amount') : Number(exact);
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
      amount: unitAmount(data),
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
