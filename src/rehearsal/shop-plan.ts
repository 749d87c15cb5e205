import type { WireEvent } from '../../sdk/src/protocol.ts';
import { rateDay } from '../core/rates.ts';
import market from './shop-market.json' with { type: 'json' };
import { createRandom } from './stripe/state.ts';
import { BOT_AGENTS, createVisitor, happen, land, type Page, USER_AGENTS, view, type Visitor } from './visitors.ts';

/** What happens in the demo's shop over its days, decided beforehand: the same seed gives the same shop. */
export interface ShopPlan {
  /** Hits by time zone of the visitor, because a batch names one. */
  hits: Map<string, WireEvent[]>;
  /** In order of time. */
  deeds: Deed[];
  /** What each campaign's clicks cost, by UTC day. */
  spend: ShopSpend[];
}

/** As `POST /api/v1/sites/:site/spend` takes it. */
export interface ShopSpend {
  date: string;
  source: string;
  medium: string;
  campaign: string;
  /** Minor units. */
  amount: number;
  currency: string;
  clicks: number;
}

/** How a buyer's visitor id reaches Stripe, or why it does not. */
export type Trail = 'session' | 'intent' | 'link' | 'customer' | 'none' | 'junk' | 'stranger' | 'before';

export type Deed =
  | { kind: 'sale'; at: number; buyer: string; amountMinor: number; currency: string; product: string; trail: Trail }
  | {
      kind: 'subscription';
      at: number;
      buyer: string;
      amountMinor: number;
      currency: string;
      product: string;
      trail: Trail;
      onTrial: boolean;
    }
  /** To another monthly price, with proration. */
  | { kind: 'upgrade'; at: number; buyer: string; amountMinor: number; product: string }
  /** Of the buyer's first payment; `answer` ends it. */
  | { kind: 'dispute'; at: number; buyer: string; isInquiry: boolean }
  | { kind: 'answer'; at: number; buyer: string; isWon: boolean }
  | { kind: 'renewal'; at: number; buyer: string }
  | { kind: 'cancellation'; at: number; buyer: string }
  /** Of the buyer's first payment. `share` of what was paid. */
  | { kind: 'refund'; at: number; buyer: string; share: number };

export interface ShopSettings {
  origin: string;
  days: number;
  visitors: number;
  seed: number;
  /** Epoch milliseconds of the last moment. */
  endAt: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const TRIAL_DAYS = 14;
const PERIOD_DAYS = 30;
const BUYING_SHARE = 0.055;
const BOT_SHARE = 0.02;

type Random = () => number;
type Arrival = (typeof market.arrivals)[number];

interface Making {
  settings: ShopSettings;
  random: Random;
  plan: ShopPlan;
  startAt: number;
}

export function planShop(settings: ShopSettings): ShopPlan {
  const random = createRandom(settings.seed);
  const plan: ShopPlan = { hits: new Map(), deeds: [], spend: [] };
  const making: Making = { settings, random, plan, startAt: settings.endAt - settings.days * DAY_MS };
  for (let index = 0; index < settings.visitors; index += 1) visitorLife(making, `v_${token(random, 20)}`);
  for (const events of plan.hits.values()) events.sort((a, b) => a.at! - b.at!);
  advertiseUnseen(making);
  plan.deeds = plan.deeds.filter((deed) => deed.at < settings.endAt).sort((a, b) => a.at - b.at);
  return plan;
}

/** One visitor from the first visit to the last: sessions days apart, and for some a purchase after the last of them. */
function visitorLife(making: Making, id: string): void {
  const { settings, random, startAt } = making;
  const isBot = random() < BOT_SHARE;
  const visitor = createVisitor(
    id,
    isBot ? pick(random, BOT_AGENTS) : USER_AGENTS[skewed(random, USER_AGENTS.length)]!,
  );
  const zone = weighted(random, market.zones).zone;
  const first = momentIn(making);
  const buys = !isBot && random() < BUYING_SHARE * weekendDip(first);
  const sessions = buys ? 1 + skewed(random, 4) : random() < 0.2 ? 2 : 1;
  let at = first;
  let arrival = arrivalAt(random, (first - startAt) / (settings.days * DAY_MS));
  for (let nth = 0; nth < sessions && at < settings.endAt; nth += 1) {
    at = visit(making, { visitor, zone, arrival, at, buys });
    if (nth === sessions - 1) break;
    at += Math.round((0.3 + random() * 6) * DAY_MS);
    arrival = random() < 0.35 ? arrival : weighted(random, market.returns);
  }
  if (buys) buy(making, visitor.id, at + Math.round((2 + random() * 15) * MINUTE_MS), zone);
}

/** One session. @returns the time of its last hit */
function visit(
  { settings, random, plan }: Making,
  { visitor, zone, arrival, at, buys }: { visitor: Visitor; zone: string; arrival: Arrival; at: number; buys: boolean },
): number {
  const hits = plan.hits.get(zone) ?? [];
  plan.hits.set(zone, hits);
  const push = (event: WireEvent) => event.at! < settings.endAt && hits.push(event);
  const { origin } = settings;
  const path = pick(random, arrival.landings);
  const query = Object.fromEntries(Object.entries(arrival.query));
  if ('clickId' in arrival && typeof arrival.clickId === 'string') query[arrival.clickId] = token(random, 24);
  const page: Page = { origin, path, query, referrer: arrival.referrer || undefined, title: titleOf(path) };
  if ('clickMinor' in arrival && at < settings.endAt) click(plan, arrival, at);
  push(land(visitor, `s_${token(random, 20)}`, page, at, uuid(random)));
  let now = at;
  const views = Math.min(9, Math.floor(-Math.log(1 - random()) * (buys ? 3.2 : 1.6)));
  for (let nth = 0; nth < views; nth += 1) {
    now += Math.round((8 + random() * 110) * 1_000);
    const next = pick(random, market.pages);
    push(view(visitor, { origin, path: next, title: titleOf(next) }, now, uuid(random)));
  }
  if (buys || random() < 0.06) {
    now += 20_000;
    const props = { plan: pick(random, ['starter', 'team', 'business']) };
    push(happen(visitor, 'signup', { props, url: `${origin}/signup`, at: now, eventId: uuid(random) }));
  }
  return now;
}

/** Every visit by an advertisement costs what its campaign pays for a click. */
function click(plan: ShopPlan, { query, clickMinor = 0 }: Arrival, at: number): void {
  const { utm_source: source = '', utm_medium: medium = '', utm_campaign: campaign = '' } = query;
  const date = rateDay(at);
  let row = plan.spend.find((it) => it.date === date && it.campaign === campaign);
  if (!row) plan.spend.push((row = { date, source, medium, campaign, amount: 0, currency: 'usd', clicks: 0 }));
  row.clicks += 1;
  row.amount += clickMinor;
}

/** A campaign that brings nobody to the site: its spend matches no visitor. */
function advertiseUnseen({ settings: { days, endAt }, plan }: Making): void {
  const { clickMinor, clicks, ...campaign } = market.unvisited;
  for (let day = 1; day < days; day += 3) {
    const date = rateDay(endAt - day * DAY_MS);
    plan.spend.push({ date, ...campaign, amount: clicks * clickMinor, currency: 'usd', clicks });
  }
}

function buy({ settings, random, plan }: Making, visitor: string, at: number, zone: string): void {
  const trail = weighted(random, market.trails).trail as Trail;
  const buyer = visitor;
  const isEuro = zone === 'Europe/Berlin' && random() < 0.25;
  const currency = isEuro ? 'eur' : 'usd';
  // Paid before the first hit: the visit then explains nothing.
  const paidAt = trail === 'before' ? at - 30 * DAY_MS : at;
  if (random() < 0.4) startPlan({ settings, random, plan }, { buyer, paidAt, currency, trail });
  else {
    const offer = offerOf(weighted(random, market.products));
    plan.deeds.push({ kind: 'sale', at: paidAt, buyer, currency, ...offer, trail });
  }
  regret({ random, plan }, buyer, paidAt);
}

interface Start {
  buyer: string;
  paidAt: number;
  currency: string;
  trail: Trail;
}

/** A subscription with its renewals; some begin with a trial, some grow, some end. */
function startPlan(
  { settings, random, plan }: Omit<Making, 'startAt'>,
  { buyer, paidAt, currency, trail }: Start,
): void {
  const offer = weighted(random, market.plans);
  const onTrial = random() < 0.3;
  plan.deeds.push({ kind: 'subscription', at: paidAt, buyer, currency, ...offerOf(offer), trail, onTrial });
  const larger = market.plans.filter((other) => other.amountMinor > offer.amountMinor)[0];
  let renewal = paidAt + (onTrial ? TRIAL_DAYS : PERIOD_DAYS) * DAY_MS;
  while (renewal < settings.endAt) {
    if (random() < 0.12) {
      plan.deeds.push({ kind: 'cancellation', at: renewal - DAY_MS, buyer });
      return;
    }
    plan.deeds.push({ kind: 'renewal', at: renewal, buyer });
    if (larger && random() < 0.08) {
      plan.deeds.push({ kind: 'upgrade', at: renewal + 9 * DAY_MS, buyer, ...offerOf(larger) });
    }
    renewal += PERIOD_DAYS * DAY_MS;
  }
}

/** Some want their money back, a few from their bank. */
function regret({ random, plan }: Pick<Making, 'random' | 'plan'>, buyer: string, paidAt: number): void {
  const chance = random();
  if (chance < 0.06) {
    const refundAt = paidAt + Math.round((1 + random() * 12) * DAY_MS);
    plan.deeds.push({ kind: 'refund', at: refundAt, buyer, share: random() < 0.6 ? 1 : 0.3 });
  } else if (chance < 0.085) {
    const disputedAt = paidAt + Math.round((3 + random() * 20) * DAY_MS);
    plan.deeds.push({ kind: 'dispute', at: disputedAt, buyer, isInquiry: random() < 0.25 });
    plan.deeds.push({ kind: 'answer', at: disputedAt + 12 * DAY_MS, buyer, isWon: random() < 0.4 });
  }
}

function offerOf(offer: { name: string; amountMinor: number }): { product: string; amountMinor: number } {
  return { product: offer.name, amountMinor: offer.amountMinor };
}

/** The shop grows; weekends are quiet; people are awake by day. */
function momentIn({ settings, random, startAt }: Making): number {
  for (;;) {
    const day = Math.floor(Math.max(random(), random() * 0.9) * settings.days);
    const dayAt = startAt + day * DAY_MS;
    if (random() > weekendDip(dayAt)) continue;
    const hour = 7 + (random() + random() + random()) * 5.4;
    const at = Math.floor(dayAt / DAY_MS) * DAY_MS + Math.round(hour * 60 * MINUTE_MS);
    if (at > startAt && at < settings.endAt - 30 * MINUTE_MS) return at;
  }
}

function weekendDip(at: number): number {
  const weekday = new Date(at).getUTCDay();
  return weekday === 0 || weekday === 6 ? 0.6 : 1;
}

/** Some arrivals come and go: a front page for two days, a campaign for three weeks, assistants ever more. */
function arrivalAt(random: Random, progress: number): Arrival {
  const present = market.arrivals.map((arrival) => {
    const [from, to] = arrival.during as [number, number];
    return { ...arrival, weight: progress >= from && progress <= to ? arrival.weight : 0 };
  });
  return weighted(random, present);
}

function titleOf(path: string): string {
  const words = path.split('/').at(-1)!.replaceAll('-', ' ').trim() || 'Tidebook';
  return `${words[0]!.toUpperCase()}${words.slice(1)} – Tidebook`;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

function weighted<T extends { weight: number }>(random: Random, list: readonly T[]): T {
  let rest = random() * list.reduce((sum, item) => sum + item.weight, 0);
  for (const item of list) {
    rest -= item.weight;
    if (rest < 0) return item;
  }
  return list.at(-1)!;
}

/** Small positions more often than large ones. */
function skewed(random: Random, count: number): number {
  return Math.floor(random() * random() * count);
}

function token(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 36).toString(36);
  return text;
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = '8';
  const text = hex.join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}
