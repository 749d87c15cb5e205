// A shop whose checkout was written for attribu.tech: every Stripe call and every line that reads a visitor id is that
// guide's, with this shop's prices and addresses in place of its placeholders.
import type Stripe from 'stripe';
import { htmlPage, openApp, stripeClient } from './shops.ts';
import type { App } from './shops.ts';

export interface AttribuShop {
  app: App;
  /** The only events this guide's webhook hears. */
  webhookEvents: readonly string[];
}

const CHECKOUT_BUTTON = '<form method="post" action="/api/checkout"><button>Buy the handbook</button></form>';
const SUBSCRIBE_BUTTON = '<form method="post" action="/api/subscribe"><button>Subscribe</button></form>';

/** The guide's "Client-side Stripe.js", around it only a button and the redirect that its reader adds. */
const clientSide = (price: string) => `<button id="buy">Buy in the browser</button><script>
document.getElementById("buy").onclick = async () => {
// Client-side
function getCookie(name) {
const match = document.cookie.match(
new RegExp("(^| )" + name + "=([^;]+)")
);
return match ? match[2] : "";
}
const res = await fetch("/api/create-checkout", {
method: "POST",
body: JSON.stringify({
priceId: ${JSON.stringify(price)},
attribu_visitor_id: getCookie("attribu_visitor_id"),
attribu_session_id: getCookie("attribu_session_id"),
}),
});
location.href = (await res.json()).url;
};
</script>`;

export async function openAttribuShop(options: {
  stripeUrl: string;
  secretKey: string;
  /** Asked for at each page, as the tag is only known once the site was added. */
  scriptTag: () => string;
}): Promise<AttribuShop> {
  const stripe = stripeClient(options.stripeUrl, options.secretKey);
  const app = await openApp('www.attribu-shop.test');
  const handbook = await addPrice(stripe, 'Handbook', 2_000);
  const course = await addPrice(stripe, 'Course', 1_999);
  const plan = await addPrice(stripe, 'Plan', 900, 'month');
  const link = await stripe.paymentLinks.create({
    line_items: [{ price: (await addPrice(stripe, 'Sticker', 500)).id, quantity: 1 }],
    after_completion: {
      type: 'redirect',
      redirect: { url: `${app.url}/success?session_id={CHECKOUT_SESSION_ID}` },
    },
  });

  const page = (path: string, title: string, body = '') =>
    app.get(path, (_req, res) => res.send(htmlPage(options.scriptTag(), title, body)));
  page('/', 'Handbooks');
  page('/about', 'About us');
  page('/pricing', 'Pricing', `${CHECKOUT_BUTTON}${SUBSCRIBE_BUTTON}${clientSide(course.id)}`);
  page('/sticker', 'Sticker', `<a href="${link.url}">Buy by link</a>`);
  page('/success', 'Thank you');

  app.post('/api/checkout', async (req, res) => {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', // or "subscription"
      line_items: [{ price: handbook.id, quantity: 1 }],
      success_url: `${app.url}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${app.url}/`,
      metadata: {
        attribu_visitor_id: req.cookies.attribu_visitor_id || '',
        attribu_session_id: req.cookies.attribu_session_id || '',
      },
    });
    res.redirect(session.url!);
  });

  app.post('/api/subscribe', async (req, res) => {
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: plan.id, quantity: 1 }],
      success_url: `${app.url}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${app.url}/`,
      metadata: {
        attribu_visitor_id: req.cookies.attribu_visitor_id || '',
        attribu_session_id: req.cookies.attribu_session_id || '',
      },
    });
    res.redirect(session.url!);
  });

  type Sent = Record<'priceId' | 'attribu_visitor_id' | 'attribu_session_id', string>;
  app.post<Sent>('/api/create-checkout', async (req, res) => {
    const { priceId, attribu_visitor_id, attribu_session_id } = req.body;
    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      line_items: [{ price: priceId, quantity: 1 }],
      success_url: `${app.url}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${app.url}/`,
      metadata: { attribu_visitor_id, attribu_session_id },
    });
    res.json({ url: session.url });
  });

  return { app, webhookEvents: ['charge.succeeded', 'checkout.session.completed'] };
}

export function addPrice(stripe: Stripe, name: string, amount: number, interval?: 'month'): Promise<Stripe.Price> {
  return stripe.prices.create({
    unit_amount: amount,
    currency: 'usd',
    product_data: { name },
    ...(interval ? { recurring: { interval } } : {}),
  });
}
