// A shop whose checkout was written for Zori: the browser's and the server's code are that guide's examples, word for
// word. What the guide leaves to its reader (users, buttons, "complete with Stripe.js") is the shortest thing that works.
import { LEGACY } from '../../src/rehearsal/stripe/versions.ts';
import { addPrice } from './attribu-shop.ts';
import { htmlPage, openApp, stripeClient } from './shops.ts';
import type { App, Request } from './shops.ts';

export interface ZoriShop {
  app: App;
  webhookEvents: readonly string[];
}

interface User {
  id: string;
  email: string;
  stripeCustomerId: string;
  zori_visitor_id: string;
}

/** Stands in for Stripe.js: the simulated Stripe's page that confirms an intent, then comes back to `return_url`. */
const completeWithStripeJs = (stripeUrl: string) => `function completeWithStripeJs(clientSecret) {
  const page = new URL('/pay/' + clientSecret.split('_secret_')[0], '${stripeUrl}');
  page.searchParams.set('client_secret', clientSecret);
  page.searchParams.set('return_url', window.location.origin + '/success');
  window.location.href = page.href;
}`;

const START_CHECKOUT = `async function startCheckout(cartItems) {
  const visitorId = await window.ZoriHQ.getVisitorId();

  const response = await fetch('/api/create-checkout', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      items: cartItems,
      zori_visitor_id: visitorId,
    }),
  });

  const { url } = await response.json();
  window.location.href = url;
}`;

const SUBSCRIBE = `async function subscribe(priceId) {
  const visitorId = await window.ZoriHQ.getVisitorId();

  const response = await fetch('/api/create-subscription', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      priceId,
      zori_visitor_id: visitorId,
    }),
  });

  const { clientSecret } = await response.json();
  completeWithStripeJs(clientSecret);
}`;

const PAY = `async function pay(amount) {
    const visitorId = await window.ZoriHQ.getVisitorId();

    // Create PaymentIntent with visitor ID
    const response = await fetch('/api/create-payment-intent', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        amount,
        zori_visitor_id: visitorId,
      }),
    });

    const { clientSecret } = await response.json();
    completeWithStripeJs(clientSecret);
}`;

const SIGN_UP = `async function createUser(user) {
  const response = await fetch('/api/users', { method: 'POST', body: JSON.stringify(user) });
  return response.json();
}
async function handleSignup(email, password) {
  const visitorId = await window.ZoriHQ.getVisitorId();

  const user = await createUser({
    email,
    password,
    zori_visitor_id: visitorId,  // Store for future purchases
  });

  // Also identify in Zori
  await window.ZoriHQ.identify({
    app_id: user.id,
    email: user.email,
  });

  return user;
}
document.querySelector('form').onsubmit = async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const user = await handleSignup(form.get('email'), form.get('password'));
  document.getElementById('welcome').textContent = 'Welcome, ' + user.id;
};`;

export async function openZoriShop(options: {
  stripeUrl: string;
  secretKey: string;
  scriptTag: () => string;
}): Promise<ZoriShop> {
  const app = await openApp('zori-shop.test');
  const stripe = stripeClient(options.stripeUrl, options.secretKey);
  const users = openUsers(app, async (email) => (await stripe.customers.create({ email })).id);
  const tea = await addPrice(stripe, 'Tea', 1_250);
  const plan = await addPrice(stripe, 'Tea every month', 1_900, 'month');
  const process = { env: { BASE_URL: app.url } };

  const page = (path: string, title: string, body = '') =>
    app.get(path, (_req, res) => res.send(htmlPage(options.scriptTag(), title, body)));
  const button = (id: string, label: string, call: string) =>
    `<button id="${id}">${label}</button><script>document.getElementById('${id}').onclick = () => ${call};</script>`;
  const cart = JSON.stringify([{ priceId: tea.id, quantity: 2 }]);
  page('/', 'Tea');
  page('/about', 'About us');
  page(
    '/pricing',
    'Pricing',
    `<script>${completeWithStripeJs(options.stripeUrl)}\n${START_CHECKOUT}\n${SUBSCRIBE}\n${PAY}</script>
${button('checkout', 'Check out', `startCheckout(${cart})`)}
${button('subscribe', 'Subscribe', `subscribe('${plan.id}')`)}
${button('pay', 'Pay 7.77', 'pay(777)')}`,
  );
  page(
    '/signup',
    'Sign up',
    `<form><label>E-mail <input name="email" type="email"></label><label>Password <input name="password"></label>
<button>Sign up</button></form><p id="welcome"></p><script>${SIGN_UP}</script>`,
  );
  page('/account', 'Your account', '<form method="post" action="/api/purchase"><button>Buy again</button></form>');
  page('/success', 'Thank you');

  app.post<{ items: { priceId: string; quantity: number }[]; zori_visitor_id: string }>(
    '/api/create-checkout',
    async (req, res) => {
      const { items, zori_visitor_id } = req.body;

      const session = await stripe.checkout.sessions.create({
        mode: 'payment',
        line_items: items.map((item) => ({
          price: item.priceId,
          quantity: item.quantity,
        })),
        metadata: {
          zori_visitor_id, // CRITICAL for attribution
        },
        success_url: `${process.env.BASE_URL}/success`,
        cancel_url: `${process.env.BASE_URL}/cart`,
      });

      res.json({ url: session.url });
    },
  );

  // The guide expands what Stripe removed in 2025: its code only runs pinned to an API version from before.
  const pinned = stripeClient(options.stripeUrl, options.secretKey, LEGACY);
  app.post<Record<'priceId' | 'zori_visitor_id', string>>('/api/create-subscription', async (request, res) => {
    const req = { ...request, user: users.of(request) };
    const { priceId, zori_visitor_id } = req.body;

    const subscription = (await pinned.subscriptions.create({
      customer: req.user.stripeCustomerId,
      items: [{ price: priceId }],
      payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.payment_intent'],
      metadata: {
        zori_visitor_id, // Will be on all future invoices
      },
    })) as unknown as { latest_invoice: { payment_intent: { client_secret: string } } };

    res.json({
      clientSecret: subscription.latest_invoice.payment_intent.client_secret,
    });
  });

  app.post<{ amount: number; zori_visitor_id: string }>('/api/create-payment-intent', async (req, res) => {
    const { amount, zori_visitor_id } = req.body;

    const paymentIntent = await stripe.paymentIntents.create({
      amount,
      currency: 'usd',
      metadata: {
        zori_visitor_id,
      },
    });

    res.json({ clientSecret: paymentIntent.client_secret });
  });

  // On future purchases
  async function handlePurchase(user: User) {
    return stripe.checkout.sessions.create({
      customer: user.stripeCustomerId,
      metadata: {
        zori_visitor_id: user.zori_visitor_id, // Use stored ID
      },
      mode: 'payment',
      line_items: [{ price: tea.id, quantity: 1 }],
      success_url: `${process.env.BASE_URL}/success`,
    });
  }
  app.post('/api/purchase', async (req, res) => res.redirect((await handlePurchase(users.of(req))).url!));

  return { app, webhookEvents: ['charge.succeeded', 'invoice.payment_succeeded'] };
}

/** The shop's own users: signed in by a cookie, on another device by `/login?user=…`. */
function openUsers(app: App, addCustomer: (email: string) => Promise<string>) {
  const users = new Map<string, User>();
  app.post<Record<'email' | 'zori_visitor_id', string>>('/api/users', async (req, res) => {
    const { email, zori_visitor_id } = req.body;
    const user: User = { id: `u${users.size + 1}`, email, zori_visitor_id, stripeCustomerId: await addCustomer(email) };
    users.set(user.id, user);
    res.cookie('shop_user', user.id);
    res.json({ id: user.id, email });
  });
  app.get('/login', (req, res) => {
    res.cookie('shop_user', req.query.get('user') ?? '');
    res.redirect('/account');
  });
  return {
    of(req: Pick<Request, 'cookies'>): User {
      const user = users.get(req.cookies.shop_user ?? '');
      if (!user) throw new Error('nobody is signed in to the shop');
      return user;
    },
  };
}
