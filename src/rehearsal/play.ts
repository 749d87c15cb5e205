import { readFile } from 'node:fs/promises';
import type { Rate } from '../core/rates.ts';
import { check, type Finding, type Patience } from './check.ts';
import { changeSite } from './model-settings.ts';
import { DAY_MS, dayOf, type Questions } from './questions.ts';
import { createPerformer } from './perform.ts';
import type { Expectation } from './scenario-expect.ts';
import { AT_ONCE, type Delivery, readScenario, type Scenario, type Step } from './scenario.ts';
import type { SimulatedAccount } from './stripe/account.ts';
import type { ApiVersion } from './stripe/versions.ts';
import type { HitTarget } from './visitors.ts';

/**
 * A running Headwater and a Stripe account that is connected to a fresh site of it. Headwater is reached over HTTP only;
 * the account's API is where `HEADWATER_STRIPE_API_BASE` points.
 */
export interface Target extends HitTarget {
  /** A key with the scope `read`; often the server key itself. */
  apiKey: string;
  /** Host of the site's pages. */
  domain: string;
  account: SimulatedAccount;
  /** The secret that the connection knows. */
  webhookSecret: string;
  /** Of the account and the site. */
  connection: string;
  /** What `headwater rates import` does with a file. */
  importRates(rates: readonly Rate[]): Promise<void>;
}

/**
 * Carries events and hits to Headwater instead of the story's own delivery: with delays, in any order, several times.
 * By `finish` everything of a story must have arrived, but for the event types that the story loses.
 */
export interface Courier {
  afterAction(lost: readonly string[]): Promise<void>;
  finish(lost: readonly string[]): Promise<void>;
}

export interface Override {
  /** Replaces every `deliver` of the story. */
  delivery?: Partial<Delivery>;
  version?: ApiVersion;
  /** Chooses what arrives when. */
  courier?: (target: Target) => Courier;
  /** How long an expectation may take to come true, and how often it is asked about. */
  patience?: Partial<Patience>;
  /** Which expectations are asked about; absent: all. */
  asks?: (kind: Expectation['kind']) => boolean;
}

export interface Played {
  title: string;
  findings: Finding[];
  ok: boolean;
  /** When the story's day 0 begins. */
  startMs: number;
}

/** Statements without a time of day follow each other from nine o'clock on, a minute apart. */
const FIRST_MS = 9 * 3_600_000;
const STEP_MS = 60_000;
const PATIENCE: Patience = { patienceMs: 15_000, pollMs: 100, settleMs: 500 };

export async function playFile(
  path: string,
  target: Target | ((scenario: Scenario) => Promise<Target>),
  override: Override = {},
): Promise<Played> {
  const scenario = readScenario(await readFile(path, 'utf8'));
  return play(scenario, typeof target === 'function' ? await target(scenario) : target, override);
}

/** Plays a story: hits and payments as they happen, then asks what Headwater makes of them. */
export async function play(scenario: Scenario, target: Target, override: Override = {}): Promise<Played> {
  const { account } = target;
  const version = override.version ?? scenario.settings.version;
  account.engine.settings.defaultVersion = version;
  const endpoint = account.addEndpoint({
    url: `${target.url}/api/webhooks/stripe/${target.site}`,
    events: scenario.settings.events ?? ['*'],
    version,
    secret: target.webhookSecret,
  });
  const lastDay = Math.max(0, ...scenario.steps.map((step) => (step.kind === 'act' ? step.day : 0)));
  const startMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - (lastDay + 1) * DAY_MS;
  const courier = override.courier?.(target);
  const performer = createPerformer(target);
  const begin = (delivery: Delivery): Delivery => {
    endpoint.version = override.version ?? delivery.version ?? version;
    endpoint.thin = delivery.thin;
    if (courier !== undefined || delivery.order !== 'at once') account.webhooks.hold();
    return delivery;
  };
  const questions: Questions = {
    target,
    from: dayOf(startMs - DAY_MS),
    to: dayOf(Date.now() + DAY_MS),
    mode: account.state.livemode ? 'live' : 'test',
    chargeOf: performer.chargeOf,
    startMs,
    balance: account.balance,
    recurring: account.recurring.at,
  };
  const findings: Finding[] = [];
  const perDay = new Map<number, number>();
  const arrive = () => courier?.finish(delivery.without) ?? deliver(account, delivery);
  let delivery = begin({ ...AT_ONCE, ...override.delivery });
  for (let index = 0; index < scenario.steps.length; index += 1) {
    const step = scenario.steps[index]!;
    if (step.kind === 'act') {
      const nth = perDay.get(step.day) ?? 0;
      perDay.set(step.day, nth + 1);
      const at = startMs + step.day * DAY_MS + (step.timeMs ?? FIRST_MS + nth * STEP_MS);
      await performer.perform(step.action, at).catch(namingLine(step));
      await courier?.afterAction(delivery.without);
    } else if (step.kind === 'set') {
      await changeSite(target, step.wish).catch(namingLine(step));
    } else if (step.kind === 'deliver') {
      await arrive();
      // The override decides on order and copies, the story on what is sent.
      delivery = begin({ ...step.delivery, ...override.delivery });
    } else {
      const block = following(scenario.steps, index);
      await arrive();
      const asked = block.filter(({ expectation }) => override.asks?.(expectation.kind) ?? true);
      findings.push(...(await check(questions, asked, { ...PATIENCE, ...override.patience })));
      index += block.length - 1;
      delivery = begin(delivery);
    }
  }
  await arrive();
  account.state.remove('webhook_endpoint', endpoint.id);
  return { title: scenario.title, findings, ok: findings.every((finding) => finding.ok), startMs };
}

function namingLine({ line, text }: Pick<Step, 'line' | 'text'>) {
  return (error: unknown): never => {
    throw new Error(`line ${line}: ${text}: ${(error as Error).message}`, { cause: error });
  };
}

type Expecting = Extract<Step, { kind: 'expect' }>;

/** Expectations that stand together are asked together. */
function following(steps: readonly Step[], start: number): Expecting[] {
  const block: Expecting[] = [];
  for (const step of steps.slice(start)) {
    if (step.kind !== 'expect') break;
    block.push(step);
  }
  return block;
}

async function deliver(account: SimulatedAccount, delivery: Delivery): Promise<void> {
  if (delivery.order === 'at once') {
    await account.webhooks.idle();
    return;
  }
  await account.webhooks.release({
    order: delivery.order,
    seed: delivery.seed,
    copies: delivery.copies,
    drop: (event) => delivery.without.includes(event.type),
  });
}
