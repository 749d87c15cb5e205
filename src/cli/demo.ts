import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMinor } from '../core/currency.ts';
import { fillShop } from '../rehearsal/fill-shop.ts';
import type { Target } from '../rehearsal/play.ts';
import { planShop } from '../rehearsal/shop-plan.ts';
import { createTarget } from '../rehearsal/stage.ts';
import { startStripe } from '../rehearsal/stripe/start.ts';
import { readArguments } from './arguments.ts';
import { type Command, type Io, UsageError } from './command.ts';

const DAYS = 90;
const VISITORS = 6_500;
const SEED = 1323;
const PATIENCE_MS = 120_000;
const OWNER_EMAIL = 'demo@headwater.example';

export const demo: Command = {
  name: 'demo',
  summary: 'fill a made-up shop with 90 days of visits and payments, and show it',
  usage:
    '[--seed 1323] [--exit] [--json]   (--exit: stop when the shop is filled; data lies in the folder demo/ of HEADWATER_DATA)',
  async run(argv, io) {
    const args = readArguments(argv, { seed: {}, exit: { isSwitch: true } });
    const seed = Number(args.text('seed') ?? SEED);
    if (!Number.isSafeInteger(seed) || seed < 0) throw new UsageError('--seed must be a whole number, 0 or more');
    const [{ readConfig }, { start }] = await Promise.all([import('../config.ts'), import('../main.ts')]);
    const settings = readConfig();
    const dataDir = join(settings.dataDir, 'demo');
    // A demo begins anew each time: it is made of its seed, and old hits would be counted beside the new ones.
    await rm(dataDir, { recursive: true, force: true });
    const stripe = await startStripe({ seed });
    try {
      const running = await start({
        ...settings,
        dataDir,
        databaseUrl: null,
        clickhouseUrl: null,
        clickhouseCluster: null,
        stripeApiBase: stripe.url,
        stripeSecretKey: null,
        stripeWebhookSecret: null,
        logLevel: settings.logLevel === 'info' ? 'warn' : settings.logLevel,
      });
      try {
        const filled = await fill({ app: running.app, url: running.address, stripe, seed }, io);
        const password = await createOwner(running.address, await running.ownerLink());
        await tell({ ...filled, url: running.publicUrl, password, json: args.json, stays: !args.isSet('exit') }, io);
        if (!args.isSet('exit')) await ended(io.signal);
      } finally {
        await running.close();
      }
    } finally {
      await stripe.close();
    }
    return 0;
  },
};

type Stage = Parameters<typeof createTarget>[0];

async function fill(
  stage: Stage & { seed: number },
  io: Io,
): Promise<{ site: string; payments: number; revenue: string }> {
  const { seed } = stage;
  const scenery = { name: 'Tidebook', domain: 'tidebook.example', currency: 'usd', permissions: null, seed };
  const target = await createTarget(stage, scenery);
  const plan = planShop({
    origin: 'https://tidebook.example',
    days: DAYS,
    visitors: VISITORS,
    seed,
    endAt: stage.app.now() - 60_000,
  });
  const bar = progressLine(io);
  await fillShop(target, plan, (what, done, total) => bar(`${what}: ${done} of ${total}`), io.signal);
  bar('waiting until every payment is credited');
  const expected = truthOf(target);
  await credited(target, expected, io.signal);
  return { site: target.site, payments: expected.payments, revenue: formatMinor(expected.revenueMinor, 'usd') };
}

/** What the simulated Stripe's balance transactions add up to, which is what Headwater must arrive at. */
function truthOf({ account }: Target): { payments: number; revenueMinor: number } {
  const payments = account.state.list('charge').filter((charge) => charge.status === 'succeeded').length;
  return { payments, revenueMinor: account.balance().usd?.amount ?? 0 };
}

async function credited(target: Target, expected: { revenueMinor: number }, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const query = new URLSearchParams({
    metrics: 'revenue',
    mode: 'test',
    from: day(Date.now() - (DAYS + 60) * 86_400_000),
    to: day(Date.now() + 86_400_000),
  });
  let found: number | null = null;
  while (Date.now() < deadline && !signal.aborted) {
    const response = await fetch(`${target.url}/api/v1/sites/${target.site}/report?${query}`, {
      headers: { authorization: `Bearer ${target.apiKey}` },
    });
    if (response.ok) {
      found = ((await response.json()) as { totals: { revenue: number | null } }).totals.revenue ?? 0;
      if (found === expected.revenueMinor) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (signal.aborted) return;
  throw new Error(
    `the reports say ${found === null ? 'nothing' : formatMinor(found, 'usd')}, Stripe ${formatMinor(expected.revenueMinor, 'usd')}; see the log above`,
  );
}

/** Nobody else knows the password: it is made here, shown once, and belongs to this made-up shop. */
async function createOwner(address: string, link: string | null): Promise<string> {
  const token = link === null ? null : new URL(link).searchParams.get('token');
  const password = randomBytes(9).toString('base64url');
  const response = await fetch(`${address}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: 'Demo', email: OWNER_EMAIL, password }),
  });
  if (!response.ok) throw new Error(`the demo's account could not be made: ${(await response.text()).slice(0, 300)}`);
  return password;
}

interface Told {
  site: string;
  payments: number;
  revenue: string;
  url: string;
  password: string;
  json: boolean;
  stays: boolean;
}

async function tell({ site, payments, revenue, url, password, json, stays }: Told, io: Io): Promise<void> {
  if (json) {
    io.out(JSON.stringify({ url, site, email: OWNER_EMAIL, password, payments }));
    return;
  }
  io.out(
    `Tidebook, a made-up shop, is filled: ${payments} payments, revenue ${revenue}, equal to Stripe's to the cent.`,
  );
  io.out(`Look at it:  ${url}`);
  io.out(`Sign in as:  ${OWNER_EMAIL}   password: ${password}`);
  if (stays) io.err('Ctrl-C ends the demo. Your own data is untouched: the demo has a folder of its own.');
}

/** One line per second and kind of work, not one per batch. */
function progressLine(io: Io): (text: string) => void {
  let last = { what: '', at: 0 };
  return (text) => {
    const what = text.split(':')[0]!;
    if (what === last.what && Date.now() - last.at < 1_000) return;
    last = { what, at: Date.now() };
    io.err(text);
  };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
