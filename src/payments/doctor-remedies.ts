import type { ExaminedConnection, Remedy } from './doctor-finding.ts';

/** Code the reader can paste. The visitor id is the cookie `hw_visitor_id`, which a server reads without help. */

const API = 'https://api.stripe.com/v1';

const CHECKOUT = `const visitorId = req.cookies.hw_visitor_id; // set by the script on your pages

const session = await stripe.checkout.sessions.create({
  mode: 'payment',
  line_items,
  success_url: 'https://DOMAIN/thanks?session_id={CHECKOUT_SESSION_ID}',
  client_reference_id: visitorId,
  metadata: { hw_visitor_id: visitorId },
  payment_intent_data: { metadata: { hw_visitor_id: visitorId } },
});

// mode: 'subscription' takes this instead of payment_intent_data:
//   subscription_data: { metadata: { hw_visitor_id: visitorId } },

// Without Checkout:
const metadata = { hw_visitor_id: visitorId };
await stripe.paymentIntents.create({ amount, currency, metadata });
await stripe.subscriptions.create({ customer, items, metadata });`;

export const passVisitorId = (domain: string): Remedy => ({
  text: 'Read the visitor id where you create the payment, and set it on every object that can carry it.',
  code: CHECKOUT.replace('DOMAIN', domain),
});

/** Who sells by payment links has no code in which metadata could be set. */
export function isSoldByLinks(connections: readonly Pick<ExaminedConnection, 'checkouts'>[]): boolean {
  const sessions = connections.flatMap(({ checkouts }) => (checkouts?.ok ? checkouts.value : []));
  return sessions.length > 0 && sessions.every(({ isOfPaymentLink }) => isOfPaymentLink);
}

export const nameVisitorInLinks = (domain: string): Remedy => ({
  text: `Put the script on the pages from which people go to your payment links: it names the visitor in links, buttons and pricing tables that stand there. Where your own code opens a link, name the visitor in it. For links that are opened from elsewhere, let Stripe return after the payment to https://${domain}/thanks?session_id={CHECKOUT_SESSION_ID}.`,
  code: `const visitorId = await window.headwater?.getVisitorId?.(); // nothing where the script is blocked
location.href = 'https://buy.stripe.com/…' + (visitorId ? \`?client_reference_id=\${visitorId}\` : '');`,
});

export const setOnObject: Remedy = {
  text: 'Session metadata stays on the session. Set the same value in payment_intent_data (mode “payment”) or subscription_data (mode “subscription”), so that the charge and each renewal carry it too.',
  code: `await stripe.checkout.sessions.create({
  // …
  metadata: { hw_visitor_id: visitorId },
  // mode: 'payment'
  payment_intent_data: { metadata: { hw_visitor_id: visitorId } },
  // mode: 'subscription'
  subscription_data: { metadata: { hw_visitor_id: visitorId } },
});`,
};

export const awaitId: Remedy = {
  text: 'The id was not there yet when it was sent. In the page, await it; on the server, send nothing when the cookie is missing, so that the next best place is used.',
  code: `// in the page
// It answers a promise: without await the value sent is "[object Promise]" or "undefined".
// With the question marks, who blocks the script can buy too.
const visitorId = await window.headwater?.getVisitorId?.();

// on the server
const visitorId = req.cookies.hw_visitor_id;
const metadata = visitorId ? { hw_visitor_id: visitorId } : {};`,
};

export const renameKey = (keys: readonly string[]): Remedy => ({
  text: 'Rename the key to hw_visitor_id where you create the payment. Values under other names are not read.',
  code: `metadata: { hw_visitor_id: visitorId } // was: ${keys.join(', ')}`,
});

export const returnAddress = (domain: string): Remedy => ({
  text: 'Let Stripe put the session’s id into the return address, under the name session_id; the script on that page reads it there and reports it, and the payment finds its visitor even without metadata.',
  code: `success_url: 'https://${domain}/thanks?session_id={CHECKOUT_SESSION_ID}',`,
});

export const identify: Remedy = {
  text: 'Give identify() an id that belongs to one person, after signing in; never a constant such as “guest”.',
  code: `headwater.identify({ app_id: user.id, email: user.email });`,
};

export const script = (tag: string): Remedy => ({
  text: 'Put the tag into the <head> of every page, the landing pages first, and publish the change.',
  code: tag,
});

export const newKey = (link: string): Remedy => ({
  text: 'This address opens Stripe’s form for a restricted key with the permissions filled in. Create the key and save it under Settings › Revenue: it replaces the old one.',
  code: link,
});

export const makeEndpoint = (url: string, events: readonly string[], version: string): Remedy => ({
  text: 'Make the endpoint with a secret key of yours, or in Stripe under Developers › Webhooks, then paste its signing secret (whsec_…) under Settings › Revenue.',
  code: `curl ${API}/webhook_endpoints -u sk_…: \\
  -d url=${url} -d api_version=${version} \\
${eventLines(events)}`,
});

export const lookAtDeliveries = (id: string, url: string): Remedy => ({
  text: `Stripe has the endpoint ${id}: open it under Developers › Webhooks and look at its deliveries. Asked from elsewhere, this address must answer 400 and name the Stripe-Signature header; any other answer (a sign-in, a redirect, a firewall) is what stands between.`,
  code: `curl -i -X POST ${url}`,
});

export const updateTypes = (id: string, events: readonly string[]): Remedy => ({
  text: 'Add the types in Stripe under Developers › Webhooks, or with a secret key of yours:',
  code: `curl ${API}/webhook_endpoints/${id} -u sk_…: \\
${eventLines(events)}`,
});

export const switchOn = (id: string): Remedy => ({
  text: 'Switch it on in Stripe under Developers › Webhooks, or with a secret key of yours. What was missed meanwhile is fetched where the key may read events.',
  code: `curl ${API}/webhook_endpoints/${id} -u sk_…: -d disabled=false`,
});

const KEEP_ONE = 'Keep the one whose secret is stored and delete the others. Nothing is counted twice meanwhile.';
export const deleteEndpoints = (ids: readonly string[], text = KEEP_ONE): Remedy => ({
  text,
  code: ids.map((id) => `curl -X DELETE ${API}/webhook_endpoints/${id} -u sk_…:`).join('\n'),
});

const eventLines = (events: readonly string[]) => events.map((type) => `  -d "enabled_events[]=${type}"`).join(' \\\n');

export const say = (text: string, code: string | null = null): Remedy => ({ text, code });
