import type { SimulatedAccount } from './account.ts';
import { StripeRefusal } from './errors.ts';
import type { Rendered } from './render.ts';
import { firstOf, listOf } from './render-billing.ts';
import { lineItems } from './render-checkout.ts';
import type { RowKind } from './rows.ts';
import { type ApiVersion, isBefore } from './versions.ts';

/** Depth counts `data.` too, as Stripe's does. */
const MAX_DEPTH = 4;

export interface Expansion {
  account: SimulatedAccount;
  version: ApiVersion;
  /** Throws when the key may not read this kind. */
  allow(kind: RowKind): void;
}

/**
 * Replaces ids by their objects, and adds fields that are shown only when asked for, along paths such as
 * `data.balance_transaction` or `latest_invoice.payment_intent`.
 * @throws StripeRefusal 400 when a path is too deep or names nothing that this version can expand
 */
export function expand(target: object, paths: readonly string[], expansion: Expansion): object {
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > MAX_DEPTH) {
      throw new StripeRefusal(400, {
        code: 'property_expansion_max_depth',
        message: `You cannot expand more than ${MAX_DEPTH} levels of a property. Property: ${path.slice(0, 200)}`,
        param: 'expand',
      });
    }
    walk(target as Record<string, unknown>, parts, expansion);
  }
  return target;
}

function walk(node: Record<string, unknown>, parts: readonly string[], expansion: Expansion): void {
  const [name, ...rest] = parts as [string, ...string[]];
  const value = name in node ? node[name] : undefined;
  if (typeof value === 'string') {
    node[name] = objectOf(value, name, expansion);
  } else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    node[name] = value.map((item) => objectOf(item, name, expansion));
  } else if (value === undefined) {
    node[name] = included(node as Rendered, name, expansion);
  }
  const next = node[name];
  if (rest.length === 0 || next === null) return;
  if (Array.isArray(next)) for (const item of next) walk(item as Record<string, unknown>, rest, expansion);
  else if (typeof next === 'object') walk(next as Record<string, unknown>, rest, expansion);
  else throw unexpandable(name);
}

function objectOf(id: string, name: string, { account, version, allow }: Expansion): Rendered {
  const row = account.state.find(id);
  if (!row) throw unexpandable(name);
  allow(row.object);
  return account.render(row, version);
}

/** Fields that exist only when they are asked for. */
function included(node: Rendered, name: string, { account, version, allow }: Expansion): unknown {
  const { state, render } = account;
  const renderAll = (rows: Parameters<typeof render>[0][]) => rows.map((row) => render(row, version));
  if (node.object === 'checkout.session' && name === 'line_items') {
    const row = state.need('checkout.session', node.id);
    return firstOf(lineItems(row.items, state, `/v1/checkout/sessions/${row.id}/line_items`));
  }
  if (node.object === 'coupon' && name === 'applies_to') {
    const { products } = state.need('coupon', node.id);
    return products && { products: [...products] };
  }
  if (node.object === 'coupon' && name === 'currency_options') {
    const { currencyOptions } = state.need('coupon', node.id);
    return Object.fromEntries(Object.entries(currencyOptions).map(([code, amount]) => [code, { amount_off: amount }]));
  }
  if (node.object === 'price' && name === 'currency_options') {
    const { currency, unitAmount, currencyOptions } = state.need('price', node.id);
    const all = Object.entries({ ...currencyOptions, [currency]: unitAmount });
    return Object.fromEntries(
      all.map(([code, amount]) => [code, { unit_amount: amount, unit_amount_decimal: String(amount) }]),
    );
  }
  if (node.object === 'charge' && name === 'refunds') {
    const row = state.need('charge', node.id);
    return listOf(
      renderAll(row.refunds.map((id) => state.need('refund', id)).reverse()),
      `/v1/charges/${row.id}/refunds`,
    );
  }
  if (node.object === 'invoice' && !isBefore(version, '2025-03-31')) {
    if (name === 'payments') {
      allow('invoice_payment');
      const rows = state.list('invoice_payment').filter((payment) => payment.invoice === node.id);
      return listOf(renderAll(rows), `/v1/invoice_payments?invoice=${node.id}`);
    }
    if (name === 'confirmation_secret') {
      const intent = state.get('payment_intent', state.need('invoice', node.id).paymentIntent);
      return intent ? { client_secret: intent.clientSecret, type: 'payment_intent' } : null;
    }
  }
  throw unexpandable(name);
}

function unexpandable(name: string): StripeRefusal {
  return new StripeRefusal(400, {
    message:
      `This property cannot be expanded (${name.slice(0, 100)}). You may want to try expanding one of the ` +
      'properties that the API version of this request has.',
    param: 'expand',
  });
}
