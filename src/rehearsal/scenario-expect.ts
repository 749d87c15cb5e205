import { RULE_MODELS, type RuleModel } from '../core/attribution/models.ts';
import { currencyExponent } from '../core/currency.ts';
import { UNATTRIBUTED_REASONS } from '../core/link.ts';
import { DIMENSIONS, type Dimension, type Metric } from '../core/report.ts';
import type { MovementKind } from '../core/subscription-movements.ts';
import { type Asked, readAsked } from './scenario-models.ts';

/** What a statement needs to be read: the currency of bare amounts, and how to complain. */
export interface Reading {
  currency: string;
  fail(reason: string): Error;
}

/** Of reports; fees are those of the payments. */
const MONEY_METRICS = ['revenue', 'gross', 'refunded', 'disputed', 'net'] as const;
type MoneyMetric = (typeof MONEY_METRICS)[number];

export type Expectation =
  /** Every row with revenue, and no other; `what if`: under settings that are not the site's. */
  | Credited
  | { kind: 'metric'; metric: MoneyMetric; amountMinor: number; currency: string; asked: Asked }
  | { kind: 'fees'; amountMinor: number; currency: string }
  | { kind: 'unattributed'; amountMinor: number; currency: string; reason: string }
  | { kind: 'payments'; count: number }
  /** Recurring revenue at the end of a day, or at the end of the story. */
  | { kind: 'stock'; metric: Metric; value: number; currency: string; day: number | null }
  | { kind: 'movements'; rows: { day: number; kind: MovementKind; amountMinor: number }[] }
  /** Every day's is what the account's subscriptions were worth. */
  | { kind: 'recurring' }
  /** What advertising cost and brought: a total (''), or rows by a dimension; null: there is no value. */
  | { kind: 'return'; metric: Metric; dimension: Dimension | null; rows: Record<string, number | null> }
  /** Revenue in every currency is what Stripe's balance transactions say. */
  | { kind: 'books' }
  /** A payment's revenue in the site's currency, and what its entries were converted by. `payment` null: the last one. */
  | { kind: 'converted'; amountMinor: number; by: string; payment: string | null }
  /** The link that decided: where it was found. `payment` null: the last one. */
  | { kind: 'evidence'; object: string; field: string; payment: string | null };

export interface Credited {
  kind: 'credits' | 'what if';
  model: RuleModel | 'mrr';
  dimension: Dimension;
  rows: Record<string, number>;
  asked: Asked;
}

/** How evidence is called in stories, and how the ids of such objects begin. */
export const EVIDENCE_OBJECTS: Record<string, string> = {
  charge: 'ch_',
  intent: 'pi_',
  session: 'cs_',
  invoice: 'in_',
  subscription: 'sub_',
  customer: 'cus_',
};

/** '12.34' of a currency in minor units. Null: not such an amount. */
export function minorUnits(text: string, currency: string): number | null {
  const [, sign, whole, decimals = ''] = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  const exponent = currencyExponent(currency);
  if (whole === undefined || decimals.length > exponent) return null;
  return Number(sign + whole + decimals.padEnd(exponent, '0'));
}

export function amountOf(text: string, currency: string, { fail }: Reading): number {
  const amountMinor = minorUnits(text, currency);
  if (amountMinor === null) throw fail(`"${text}" is not an amount of ${currency}; write it as in Stripe's dashboard`);
  return amountMinor;
}

export function readExpectation(text: string, reading: Reading): Expectation {
  const credited = readCredits(text, reading) ?? readMetric(text, reading);
  if (credited) return credited;

  const [, reasoned, reasonedIn, reason] = /^unattributed (\S+)(?: ([a-z]{3}))? reason (\S+)$/.exec(text) ?? [];
  if (reasoned !== undefined && reason !== undefined) {
    if (!(reason in UNATTRIBUTED_REASONS)) {
      throw reading.fail(`"${reason}" is not a reason; they are ${Object.keys(UNATTRIBUTED_REASONS).join(', ')}`);
    }
    const currency = reasonedIn ?? reading.currency;
    return { kind: 'unattributed', amountMinor: amountOf(reasoned, currency, reading), currency, reason };
  }
  if (text === 'the books to balance') return { kind: 'books' };
  const [, count] = /^payments (\d{1,6})$/.exec(text) ?? [];
  if (count !== undefined) return { kind: 'payments', count: Number(count) };

  const [, converted, by, of = null] = /^converted (\S+) by ([a-z]+(?: and [a-z]+)*)(?: of (\S+))?$/.exec(text) ?? [];
  if (converted !== undefined && by !== undefined) {
    return { kind: 'converted', amountMinor: amountOf(converted, reading.currency, reading), by, payment: of };
  }
  const [, object, field, payment = null] = /^evidence ([a-z]+) (\S+)(?: of (\S+))?$/.exec(text) ?? [];
  if (object !== undefined && field !== undefined) {
    if (!(object in EVIDENCE_OBJECTS)) {
      throw reading.fail(`"${object}" is no evidence; write ${Object.keys(EVIDENCE_OBJECTS).join(', ')}`);
    }
    return { kind: 'evidence', object, field, payment };
  }
  throw reading.fail(
    `"expect ${text}" is not understood; expect MODEL [by DIMENSION] [on day N] [if …]: CHANNEL AMOUNT, … | revenue, gross, refunded, disputed, net or fees AMOUNT | ` +
      'unattributed AMOUNT reason R | payments N | converted AMOUNT by settlement, charge or rate | evidence OBJECT FIELD | the books to balance',
  );
}

function readCredits(text: string, reading: Reading): Expectation | null {
  const [, model, dimension = 'channel', how = '', list] =
    /^([a-z_]+)(?: by ([a-z_]+)(?! date))?( (?:on|by|if) .+?)?: (.+)$/.exec(text) ?? [];
  if (model === undefined || list === undefined) return null;
  const knownModel = model === 'mrr' ? model : RULE_MODELS.find((name) => name === model);
  if (!knownModel) throw reading.fail(`"${model}" is not a model; they are ${RULE_MODELS.join(', ')}`);
  const knownDimension = DIMENSIONS.find((name) => name === dimension);
  if (!knownDimension) throw reading.fail(`"${dimension}" is not a dimension; they are ${DIMENSIONS.join(', ')}`);
  if (model === 'mrr' && how !== '') throw reading.fail(`mrr knows no "${how.trim()}"; leave it out`);
  const asked = readAsked(how, reading.fail);
  const rows = readRows(list, reading);
  return { kind: asked.whatIf ? 'what if' : 'credits', model: knownModel, dimension: knownDimension, rows, asked };
}

function readMetric(text: string, reading: Reading): Expectation | null {
  const [, metric, amount, currency = reading.currency, how = ''] =
    new RegExp(`^(${MONEY_METRICS.join('|')}|fees) (\\S+)(?: ([a-z]{3}))?( (?:on|by|if) .+)?$`).exec(text) ?? [];
  if (metric === undefined || amount === undefined) return null;
  const amountMinor = amountOf(amount, currency, reading);
  const asked = readAsked(how, reading.fail);
  if (asked.whatIf) throw reading.fail(`${metric} is the same whatever the models say; leave "if …" out`);
  if (metric !== 'fees') return { kind: 'metric', metric: metric as MoneyMetric, amountMinor, currency, asked };
  if (how !== '') throw reading.fail(`fees are those of the payments; leave "${how.trim()}" out`);
  return { kind: 'fees', amountMinor, currency };
}

function readRows(list: string, reading: Reading): Record<string, number> {
  const rows: Record<string, number> = {};
  for (const part of list.split(',').map((text) => text.trim())) {
    const [, name, amount] = /^(.+) (-?[\d.]+)$/.exec(part) ?? [];
    if (name === undefined || amount === undefined) {
      throw reading.fail(`"${part}" is not "NAME AMOUNT", such as "Paid Search 50.00"`);
    }
    const label = name === 'Unattributed' ? '(unattributed)' : name;
    if (label in rows) throw reading.fail(`"${name}" is listed twice`);
    rows[label] = amountOf(amount, reading.currency, reading);
  }
  return rows;
}
