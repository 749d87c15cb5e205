// The simulated Stripe of the backfill bench, as a process: an account with two years of history. Arguments: mode, how
// many charges, and the limits in requests a second of the account and of one endpoint.
import { checkoutPayment, intentPayment, refundCharge, renew, subscribe } from '../src/rehearsal/stripe/actions.ts';
import type { RowKind } from '../src/rehearsal/stripe/rows.ts';
import { startStripe } from '../src/rehearsal/stripe/start.ts';

const YEARS_MS = 2 * 365 * 86_400_000;
const RENEWALS = 5;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const [mode = 'test', charges = 0, limitPerSecond = 25, limitPerEndpoint = 25] = process.argv
  .slice(2)
  .map((it, index) => (index === 0 ? it : Number(it))) as [string, number, number, number];

const stripe = await startStripe({
  seed: 1,
  events: false,
  livemode: mode === 'live',
  keys: [{ key: `sk_${mode}_bench`, permissions: null }],
});
const { account, faults } = stripe;
const { newId } = account.state;
// Ids of Stripe begin with their time (checkout sessions' excepted), so that ids of one day lie together in an index.
account.state.newId = (kind: RowKind) => {
  const id = newId(kind);
  if (kind === 'checkout.session') return id;
  const start = id.indexOf('_') + 2;
  return id.slice(0, start) + timeDigits(account.engine.now()) + id.slice(start + 6);
};
let made = 0;
const startedAt = Date.now();
while (made < charges) {
  account.setNow(startedAt - YEARS_MS * (1 - made / charges));
  sell(made);
}
account.setNow(null);
Object.assign(faults, { limitPerSecond, limitPerEndpoint });
process.send!({ url: stripe.url });
process.on('message', () => {
  const refused = stripe.requests.filter(({ status }) => status === 429).length;
  process.send!({ requests: stripe.requests.length, refused, charges: made });
});

/** In ten charges: four of a payment intent, three of Checkout, three of a subscription; one in fifty is refunded. */
function sell(index: number): void {
  const metadata = { hw_visitor_id: `v${index}` };
  const amount = 1_000 + (index % 977);
  const email = `buyer${index}@example.org`;
  const of = Math.floor(index / (RENEWALS + 1)) % 10;
  if (of < 3) {
    const { subscription } = subscribe(account, { amount, currency: 'usd', email, sessionMetadata: metadata });
    for (let months = 0; months < RENEWALS; months += 1) renew(account, subscription);
    made += 1 + RENEWALS;
    return;
  }
  const { charge } =
    of < 6
      ? checkoutPayment(account, { amount, currency: 'usd', email, metadata })
      : intentPayment(account, { amount, currency: 'usd', metadata });
  if (index % 50 === 0) refundCharge(account, charge!, 300);
  made += 1;
}

function timeDigits(seconds: number): string {
  let digits = '';
  for (let rest = seconds; digits.length < 6; rest = Math.floor(rest / 62)) digits = DIGITS[rest % 62] + digits;
  return digits;
}
