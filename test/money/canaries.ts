// A Stripe whose every field about a person carries a word that is nowhere else, and a Stripe account in front of which it
// stands: what it answers and what it delivers is decorated on its way.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signatureHeader } from '../../src/rehearsal/stripe/webhooks.ts';

type Json = Record<string, unknown>;

/** Every word that must not be found anywhere. */
export const CANARIES = new Set<string>();

function word(place: string): string {
  const canary = `kanari${place.replaceAll(/[^a-z0-9]/gi, '')}q7x`;
  CANARIES.add(canary);
  return canary;
}
export const email = (place: string) => `${word(place)}@pii.example`;

const address = (place: string) =>
  Object.fromEntries(
    ['line1', 'line2', 'city', 'state', 'postal_code', 'country'].map((part) => [part, word(`${place}.${part}`)]),
  );
const person = (place: string) => ({
  name: word(`${place}.name`),
  email: email(`${place}.email`),
  phone: word(`${place}.phone`),
  address: address(place),
});
const card = (place: string) => ({
  brand: 'visa',
  last4: word(`${place}.last4`),
  fingerprint: word(`${place}.fingerprint`),
  iin: word(`${place}.iin`),
  issuer: word(`${place}.issuer`),
  name: word(`${place}.holder`),
  exp_month: 12,
  wallet: { apple_pay: {}, dynamic_last4: word(`${place}.dynamic`) },
});

/** What people wrote may hold an address in the middle of other words. */
const prose = (place: string) => `Order for ${email(place)}, thank you`;

/** Kind → its fields about a person, as the types of the `stripe` package name them. */
const FIELDS: Record<string, (old: Json) => Json> = {
  charge: () => ({
    billing_details: { ...person('ch.billing'), tax_id: word('ch.taxid') },
    shipping: { ...person('ch.shipping'), tracking_number: word('ch.tracking') },
    receipt_email: email('ch.receipt'),
    receipt_number: word('ch.receiptnumber'),
    receipt_url: `https://pay.stripe.com/receipts/${word('ch.receipturl')}`,
    description: prose('ch.description'),
    statement_descriptor_suffix: word('ch.suffix'),
    payment_method: word('ch.method'),
    payment_method_details: { type: 'card', card: card('ch.card'), sepa_debit: { last4: word('ch.iban') } },
    source: { object: 'card', id: 'card_1', ...card('ch.source'), ...address('ch.source') },
    fraud_details: { user_report: word('ch.fraud') },
    level3: { shipping_address_zip: word('ch.zip'), customer_reference: word('ch.level3') },
  }),
  payment_intent: () => ({
    receipt_email: email('pi.receipt'),
    shipping: person('pi.shipping'),
    description: prose('pi.description'),
    client_secret: word('pi.secret'),
    last_payment_error: { message: word('pi.error'), payment_method: { billing_details: person('pi.error') } },
  }),
  'checkout.session': () => ({
    customer_details: { ...person('cs.details'), tax_ids: [{ type: 'eu_vat', value: word('cs.taxid') }] },
    customer_email: email('cs.email'),
    client_reference_id: email('cs.reference'),
    client_secret: word('cs.secret'),
    collected_information: { shipping_details: person('cs.collected'), business_name: word('cs.business') },
    shipping_details: person('cs.shipping'),
    custom_fields: [{ key: 'k', text: { value: word('cs.custom') }, dropdown: { value: word('cs.dropdown') } }],
    custom_text: { submit: { message: word('cs.text') } },
    success_url: `https://shop.example/thanks?mail=${email('cs.success')}`,
    url: `https://checkout.stripe.com/${word('cs.url')}`,
  }),
  invoice: () => ({
    customer_name: word('in.name'),
    customer_email: email('in.email'),
    customer_phone: word('in.phone'),
    customer_address: address('in.address'),
    customer_shipping: person('in.shipping'),
    customer_tax_ids: [{ type: 'eu_vat', value: word('in.taxid') }],
    custom_fields: [{ name: word('in.fieldname'), value: word('in.fieldvalue') }],
    description: prose('in.description'),
    footer: prose('in.footer'),
    number: word('in.number'),
    receipt_number: word('in.receipt'),
    hosted_invoice_url: `https://invoice.stripe.com/${word('in.url')}`,
    invoice_pdf: `https://pay.stripe.com/${word('in.pdf')}`,
  }),
  line_item: (old) => ({ description: `${String(old.description ?? 'Pro')} for ${email('line.description')}` }),
  item: (old) => ({ description: `${String(old.description ?? 'Pro')} for ${email('item.description')}` }),
  subscription: () => ({
    description: prose('sub.description'),
    cancellation_details: { comment: word('sub.comment') },
    default_payment_method: { id: 'pm_1', object: 'payment_method', billing_details: person('sub.method') },
  }),
  customer: () => ({
    ...person('cus'),
    shipping: person('cus.shipping'),
    description: prose('cus.description'),
    business_name: word('cus.business'),
    individual_name: word('cus.individual'),
    tax_ids: { data: [{ id: 'txi_1', value: word('cus.taxid') }] },
    sources: { data: [{ object: 'card', id: 'card_2', ...card('cus.source') }] },
  }),
  refund: () => ({
    description: prose('re.description'),
    instructions_email: email('re.email'),
    destination_details: { card: { reference: word('re.reference') } },
    receipt_number: word('re.receipt'),
  }),
  dispute: () => ({
    evidence: {
      customer_email_address: email('dp.email'),
      customer_name: word('dp.name'),
      customer_purchase_ip: word('dp.ip'),
      billing_address: word('dp.address'),
      customer_communication: word('dp.communication'),
      uncategorized_text: prose('dp.text'),
    },
    payment_method_details: { card: card('dp.card') },
  }),
  balance_transaction: () => ({ description: prose('txn.description') }),
};
const METADATA = new Set(['charge', 'payment_intent', 'checkout.session', 'invoice', 'subscription', 'customer']);

/** The value with everything about people filled in, at any depth. */
export function decorated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decorated);
  if (typeof value !== 'object' || value === null) return value;
  const old = value as Json;
  const inside = Object.fromEntries(Object.entries(old).map(([key, child]) => [key, decorated(child)]));
  const kind = String(old.object);
  const fields = Object.hasOwn(FIELDS, kind) && !('deleted' in old) ? FIELDS[kind]!(old) : {};
  const metadata = METADATA.has(kind)
    ? {
        metadata: {
          ...(inside.metadata as object),
          customer_phone: word(`${kind}.metadata`),
          // Some shops write the address where the id belongs.
          zori_visitor_id: email(`${kind}.visitor`),
        },
      }
    : {};
  return { ...inside, ...fields, ...metadata };
}

/** Stands between a simulated Stripe and Headwater, both ways. */
export async function startCanaryStripe(options: { stripeUrl: string; secret: string; webhooksTo: () => string }) {
  const server = createServer((from, to) => {
    const parts: Buffer[] = [];
    from.on('data', (part: Buffer) => parts.push(part));
    from.on('end', () => {
      const sent = Buffer.concat(parts);
      if (from.url === '/deliver') return void deliver(sent).then((status) => to.writeHead(status).end());
      const { host: _, 'accept-encoding': __, ...headers } = from.headers;
      const onward = request(`${options.stripeUrl}${from.url}`, { method: from.method, headers }, (answer) => {
        const told: Buffer[] = [];
        answer.on('data', (part: Buffer) => told.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(told).toString();
          const body = JSON.stringify(decorated(JSON.parse(text)));
          const { 'content-length': ___, 'transfer-encoding': ____, ...rest } = answer.headers;
          to.writeHead(answer.statusCode!, rest).end(body);
        });
      });
      onward.on('error', () => to.destroy());
      onward.end(sent);
    });
  });
  async function deliver(sent: Buffer): Promise<number> {
    const body = JSON.stringify(decorated(JSON.parse(sent.toString())));
    const headers = {
      'content-type': 'application/json',
      'stripe-signature': signatureHeader(body, options.secret, Date.now()),
    };
    return (await fetch(options.webhooksTo(), { method: 'POST', body, headers })).status;
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
