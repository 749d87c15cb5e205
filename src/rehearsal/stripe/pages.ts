import type { SimulatedAccount } from './account.ts';
import type { Item } from './billing-rows.ts';
import { completeSession, openLink } from './checkout.ts';
import { settleInvoice } from './invoices.ts';
import { confirmIntent } from './money.ts';
import type { OAuth } from './oauth.ts';
import type { PaymentIntentRow, PaymentLinkRow, SessionRow } from './rows.ts';

/**
 * The pages a buyer sees: hosted checkout (`/c/pay/<session>`), payment links (`/b/<link>`) and, standing in for
 * Stripe.js on the merchant's own page, `/pay/<payment intent>`. No script: a form and a redirect, as in any browser.
 */
export interface PageRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
}

export type PageAnswer = { status: number; html: string } | { status: 302 | 303; location: string };

const CARDS = [
  ['4242', 'Card ending in 4242 (pays)'],
  ['0002', 'Card ending in 0002 (is declined)'],
  ['bank', 'Bank debit (pays later)'],
] as const;
const OUTCOMES = { '4242': 'succeeds', '0002': 'fails', bank: 'pending' } as const;

export function answerPage(accounts: readonly SimulatedAccount[], oauth: OAuth, request: PageRequest): PageAnswer {
  if (request.path === '/oauth/authorize') return connectPage(accounts, oauth, request);
  const [, checkout, link, intent] = /^\/c\/pay\/([^/]+)$|^\/b\/([^/]+)$|^\/pay\/([^/]+)$/.exec(request.path) ?? [];
  for (const account of accounts) {
    const { state } = account;
    const session = state.get('checkout.session', checkout ?? null);
    if (session) return checkoutPage(account, session, request);
    const paymentLink = state.get('payment_link', link ?? null);
    if (paymentLink) return followLink(account, paymentLink, request);
    const payment = state.get('payment_intent', intent ?? null);
    if (payment) return intentPage(account, payment, request);
  }
  return { status: 404, html: page('Not found', '<p>Something went wrong: the page could not be found.</p>') };
}

function checkoutPage(account: SimulatedAccount, session: SessionRow, request: PageRequest): PageAnswer {
  if (request.method === 'POST' && session.status === 'open') {
    const email = request.form.get('email')?.slice(0, 254) || null;
    completeSession(account.engine, session, { email, outcome: chosenOutcome(request.form) });
  }
  if (session.status === 'complete') {
    if (request.method === 'POST' && session.successUrl !== null) {
      return { status: 303, location: session.successUrl.replaceAll('{CHECKOUT_SESSION_ID}', session.id) };
    }
    return { status: 200, html: page('Thanks for your payment', '<p>You may close this page.</p>') };
  }
  if (session.status === 'expired') return { status: 410, html: page('This page has expired', '') };
  const declined = request.method === 'POST' ? '<p role="alert">Your card was declined. Try another one.</p>' : '';
  const rows = items(account, session.items);
  const email = session.customerEmail ?? account.state.get('customer', session.customer)?.email ?? '';
  const back = session.cancelUrl === null ? '' : `<p><a href="${escape(session.cancelUrl)}">Back</a></p>`;
  return { status: 200, html: page('Checkout', `${rows}${declined}${payForm(session, email)}${back}`) };
}

function followLink(account: SimulatedAccount, link: PaymentLinkRow, request: PageRequest): PageAnswer {
  if (!link.active) return { status: 410, html: page('This link is no longer active', '') };
  const reference = request.query.get('client_reference_id');
  const session = openLink(account.engine, link, reference);
  return { status: 303, location: `/c/pay/${session.id}` };
}

function intentPage(account: SimulatedAccount, intent: PaymentIntentRow, request: PageRequest): PageAnswer {
  const secret = request.form.get('client_secret') ?? request.query.get('client_secret');
  const returnUrl = request.form.get('return_url') ?? request.query.get('return_url');
  if (secret !== intent.clientSecret || returnUrl === null || !/^https?:\/\//.test(returnUrl)) {
    const wanted = 'This page wants client_secret and return_url, as stripe.confirmPayment does.';
    return { status: 400, html: page('Bad request', `<p>${wanted}</p>`) };
  }
  if (request.method === 'POST' && intent.status === 'requires_payment_method') {
    confirmIntent(account.engine, intent, chosenOutcome(request.form), (charge) =>
      settleInvoice(account.engine, charge),
    );
    const location = new URL(returnUrl);
    location.searchParams.set('payment_intent', intent.id);
    location.searchParams.set('payment_intent_client_secret', intent.clientSecret);
    location.searchParams.set('redirect_status', intent.lastError === null ? intent.status : 'failed');
    return { status: 303, location: location.href };
  }
  const fields =
    `<input type="hidden" name="client_secret" value="${escape(secret)}">` +
    `<input type="hidden" name="return_url" value="${escape(returnUrl)}">`;
  return { status: 200, html: page('Pay', payForm(intent, null, fields)) };
}

/** Where an account's owner agrees that a platform may reach it. */
function connectPage(accounts: readonly SimulatedAccount[], oauth: OAuth, request: PageRequest): PageAnswer {
  const asked = (name: string) => request.form.get(name) ?? request.query.get(name) ?? '';
  const [clientId, back, scope] = [asked('client_id'), asked('redirect_uri'), asked('scope') || 'read_write'];
  const platform = accounts.find((account) => account.clientId !== null && account.clientId === clientId);
  if (!platform || !/^https?:\/\//.test(back) || asked('response_type') !== 'code') {
    const wanted = `No application matches the supplied client identifier (${escape(clientId)}), or redirect_uri is missing.`;
    return { status: 400, html: page('Bad request', `<p>${wanted}</p>`) };
  }
  const location = new URL(back);
  if (asked('state') !== '') location.searchParams.set('state', asked('state'));
  if (scope !== 'read_write') {
    // Read-only access is for extensions, which are closed to new registrations.
    location.searchParams.set('error', 'invalid_scope');
    location.searchParams.set('error_description', `This application may not ask for ${scope}`);
    return { status: 303, location: location.href };
  }
  const candidates = accounts.filter((account) => account !== platform);
  const chosen = candidates.find((account) => account.id === request.form.get('account'));
  if (request.method === 'POST' && chosen) {
    location.searchParams.set('scope', scope);
    location.searchParams.set('code', oauth.agree(chosen, clientId));
    return { status: 303, location: location.href };
  }
  if (request.method === 'POST') {
    location.searchParams.set('error', 'access_denied');
    location.searchParams.set('error_description', 'The user denied your request');
    return { status: 303, location: location.href };
  }
  const choices = candidates.map(
    ({ id }) => `<button type="submit" name="account" value="${escape(id)}">Connect ${escape(id)}</button>`,
  );
  const deny = '<button type="submit" name="account" value="">Deny</button>';
  return { status: 200, html: page('Connect', `<form method="post">${choices.join('')}${deny}</form>`) };
}

function chosenOutcome(form: URLSearchParams): 'succeeds' | 'fails' | 'pending' {
  const card = form.get('card') ?? '4242';
  return OUTCOMES[card as keyof typeof OUTCOMES] ?? 'succeeds';
}

function items(account: SimulatedAccount, list: readonly Item[]): string {
  const lines = list.map((item) => {
    const price = account.state.need('price', item.price);
    const name = account.state.get('product', price.product)?.name ?? 'Product';
    const every = price.interval === null ? '' : ` per ${price.interval}`;
    return `<li>${item.quantity} × ${escape(name)} – ${amount(price.unitAmount, price.currency)}${every}</li>`;
  });
  return `<ul>${lines.join('')}</ul>`;
}

function payForm(of: { amount: number; currency: string }, email: string | null, fields = ''): string {
  const emailField =
    email === null ? '' : `<label>E-mail <input type="email" name="email" value="${escape(email)}"></label>`;
  const cards = CARDS.map(([value, label]) => `<option value="${value}">${label}</option>`).join('');
  return (
    `<form method="post">${fields}${emailField}<label>Pay with <select name="card">${cards}</select></label>` +
    `<button type="submit">Pay ${amount(of.amount, of.currency)}</button></form>`
  );
}

function amount(amountMinor: number, currency: string): string {
  return `${(amountMinor / 100).toFixed(2)} ${escape(currency.toUpperCase())}`;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}form,label{display:grid;gap:.5rem}
form{gap:1rem}input,select,button{font:inherit;padding:.6rem}</style></head>
<body><p><small>Simulated Stripe: no money moves here.</small></p><h1>${escape(title)}</h1>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
