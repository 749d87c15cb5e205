import { type Reading, readExpectation } from './scenario-expect.ts';
import { readAction } from './scenario-action.ts';
import { readRecurring } from './scenario-recurring.ts';
import { type SiteWish, readSiteSetting } from './scenario-models.ts';
import { readReturn } from './scenario-spend.ts';
import type { Action } from './scenario-action.ts';
import type { Expectation } from './scenario-expect.ts';
import { API_VERSIONS, type ApiVersion, ENDIVE, isApiVersion } from './stripe/versions.ts';

/**
 * The scenario language: what visitors, buyers and Stripe do, day by day, and what Headwater must then say. One
 * statement per line, or several set apart by two spaces; `#` begins a comment. docs: test/scenarios/README.md
 *
 *   day 0  v1 lands from google / cpc / spring
 *   day 4  v1 pays 100.00 usd
 *   expect linear: Paid Search 100.00
 */
export interface Scenario {
  title: string;
  settings: ScenarioSettings;
  steps: Step[];
}

export interface ScenarioSettings {
  /** Currency of the site; amounts without one are in it. */
  currency: string;
  /** The version the webhook endpoint is pinned to, and the merchant's requests name. */
  version: ApiVersion;
  /** Event types the endpoint asks for; null: all. */
  events: string[] | null;
  /** Currency of the Stripe account's balance; null: every currency has its own. */
  settlement: string | null;
  livemode: boolean;
  /** What the Stripe key may read; null: everything; []: there is no key, only a webhook secret. */
  permissions: string[] | null;
}

export type Step =
  | { kind: 'act'; line: number; text: string; day: number; timeMs: number | null; action: Action }
  /** The site's settings change, and with them what is counted and credited already. */
  | { kind: 'set'; line: number; text: string; wish: SiteWish }
  | { kind: 'expect'; line: number; text: string; expectation: Expectation }
  | { kind: 'deliver'; line: number; text: string; delivery: Delivery };

export interface Delivery {
  /** `at once`: each event as it happens; otherwise they wait for the next expectation. */
  order: 'at once' | 'in order' | 'reversed' | 'shuffled';
  seed: number;
  copies: number;
  /** Event types that never arrive. */
  without: string[];
  /** What the endpoint is pinned to from now on; null: as at the beginning. */
  version: ApiVersion | null;
  /** Ids instead of objects. */
  thin: boolean;
}

export const AT_ONCE: Delivery = { order: 'at once', seed: 1, copies: 1, without: [], version: null, thin: false };

export class ScenarioError extends Error {
  override name = 'ScenarioError';
  readonly line: number;
  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`);
    this.line = line;
  }
}

const DAY = /^day (\d{1,4})(?: (\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{3}))?)?)? +(.+)$/;
const PERMISSIONS: Record<string, string> = {
  charges: 'rak_charge_read',
  'checkout sessions': 'rak_checkout_session_read',
  customers: 'rak_customer_read',
  'payment intents': 'rak_payment_intent_read',
  invoices: 'rak_invoice_read',
  subscriptions: 'rak_subscription_read',
  refunds: 'rak_refund_read',
  'balance transactions': 'rak_balance_transaction_source_read',
  disputes: 'rak_dispute_read',
  'credit notes': 'rak_credit_note_read',
  products: 'rak_product_read',
  prices: 'rak_plan_read',
  events: 'rak_event_read',
};

/** @throws ScenarioError naming the line and what is wrong with it */
export function readScenario(text: string): Scenario {
  const settings: ScenarioSettings = {
    currency: 'usd',
    version: ENDIVE,
    events: null,
    settlement: null,
    livemode: false,
    permissions: null,
  };
  const steps: Step[] = [];
  let title = '';
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (title === '' && raw.startsWith('#')) title = raw.replace(/^#+\s*/, '').trim();
    for (const statement of statements(raw)) {
      if (readSetting(statement, settings, line, steps.length > 0)) continue;
      steps.push(readStep(statement, line, settings.currency));
    }
  }
  if (!steps.some((step) => step.kind === 'expect')) {
    throw new ScenarioError(1, 'nothing is expected; end the story with "expect …"');
  }
  return { title: title || 'untitled', settings, steps };
}

/** Statements on one line are set apart by a wide gap before the next `day`, `expect` and their like. */
function statements(raw: string): string[] {
  return raw
    .replace(/(^|\s)#.*$/, '')
    .split(/\s{2,}(?=day \d|expect |deliver |the site's )/)
    .map((part) => part.trim().replace(/\s+/g, ' '))
    .filter((part) => part !== '');
}

function readSetting(statement: string, settings: ScenarioSettings, line: number, begun: boolean): boolean {
  const [, name, value] = /^(currency|settling in|mode|listening to|key reads|rendering) (.+)$/.exec(statement) ?? [];
  if (name === undefined || value === undefined) return false;
  if (begun) throw new ScenarioError(line, `"${name}" belongs before the first thing that happens`);
  if (name === 'currency' || name === 'settling in') {
    if (!/^[a-z]{3}$/.test(value)) throw new ScenarioError(line, `"${value}" is not a currency; write usd, eur, jpy`);
    settings[name === 'currency' ? 'currency' : 'settlement'] = value;
  } else if (name === 'mode') {
    if (value !== 'live' && value !== 'test') throw new ScenarioError(line, `"${value}" is not a mode: live or test`);
    settings.livemode = value === 'live';
  } else if (name === 'rendering') {
    if (!isApiVersion(value))
      throw new ScenarioError(line, `"${value}" is not a rendering: ${API_VERSIONS.join(', ')}`);
    settings.version = value;
  } else if (name === 'listening to') {
    settings.events = words(value);
  } else {
    settings.permissions = value === 'everything' ? null : value === 'nothing' ? [] : permissionsOf(value, line);
  }
  return true;
}

function permissionsOf(value: string, line: number): string[] {
  return words(value).map((noun) => {
    const permission = PERMISSIONS[noun];
    if (permission === undefined) {
      throw new ScenarioError(line, `a key cannot read "${noun}"; it reads ${Object.keys(PERMISSIONS).join(', ')}`);
    }
    return permission;
  });
}

function words(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function readStep(statement: string, line: number, currency: string): Step {
  const reading: Reading = { currency, fail: (reason) => new ScenarioError(line, reason) };
  const wish = readSiteSetting(statement, reading.fail);
  if (wish) return { kind: 'set', line, text: statement, wish };
  if (statement.startsWith('expect ')) {
    return { kind: 'expect', line, text: statement, expectation: readAny(statement.slice(7), reading) };
  }
  if (statement.startsWith('deliver ')) {
    return { kind: 'deliver', line, text: statement, delivery: readDelivery(statement.slice(8), line) };
  }
  const [, day, hour, minute, second, milli, rest] = DAY.exec(statement) ?? [];
  if (day === undefined || rest === undefined) {
    throw new ScenarioError(
      line,
      `"${statement}" is not understood; begin with "day N", "the site's", "expect" or "deliver"`,
    );
  }
  if (hour !== undefined && (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59)) {
    throw new ScenarioError(line, `${hour}:${minute}${second ? `:${second}` : ''} is not a time of day`);
  }
  const timeMs =
    hour === undefined
      ? null
      : ((Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0)) * 1_000 + Number(milli ?? 0);
  return { kind: 'act', line, text: statement, day: Number(day), timeMs, action: readAction(rest, reading) };
}

function readAny(text: string, reading: Reading): Expectation {
  return readRecurring(text, reading) ?? readReturn(text, reading) ?? readExpectation(text, reading);
}

function readDelivery(text: string, line: number): Delivery {
  const delivery: Delivery = { ...AT_ONCE, without: [] };
  for (const part of words(text)) {
    const [, seed] = /^shuffled(?: seed (\d+))?$/.exec(part) ?? [];
    const [, count] = /^(\d+) times$/.exec(part) ?? [];
    if (part === 'at once' || part === 'in order' || part === 'reversed') delivery.order = part;
    else if (part.startsWith('shuffled') && (seed !== undefined || part === 'shuffled')) {
      delivery.order = 'shuffled';
      delivery.seed = Number(seed ?? 1);
    } else if (part === 'duplicated') delivery.copies = 2;
    else if (part === 'thin') delivery.thin = true;
    else if (part.startsWith('in ') && isApiVersion(part.slice(3))) delivery.version = part.slice(3) as ApiVersion;
    else if (count !== undefined && Number(count) >= 1 && Number(count) <= 20) delivery.copies = Number(count);
    else if (part.startsWith('without ')) delivery.without.push(part.slice(8));
    else {
      throw new ScenarioError(
        line,
        `"${part}" is no way to deliver; write at once, in order, reversed, shuffled [seed N], duplicated, N times, without TYPE, thin, in VERSION`,
      );
    }
  }
  if (delivery.order === 'at once' && (delivery.copies > 1 || delivery.without.length > 0)) delivery.order = 'in order';
  return delivery;
}
