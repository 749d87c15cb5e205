import { amountOf, type Reading } from './scenario-expect.ts';
import { type ExchangeAction, readExchange } from './scenario-exchange.ts';
import { readSpend, type SpendAction } from './scenario-spend.ts';
import { type Conditions, readCondition } from './scenario-terms.ts';
import { EVERY, type Every, everyOf } from './scenario-recurring.ts';
import { type MoneyAction, MONEY_VERBS, NAME, readMoneyAction } from './scenario-money.ts';

/** Where a story says that an id was put, and how a payment came about. */
export const CARRIERS = ['session', 'intent', 'subscription', 'customer', 'invoice'] as const;
export type Carrier = (typeof CARRIERS)[number];

export interface Carried {
  on: Carrier;
  key: string;
  /** Null: the visitor's own id (or session, for keys that end in _session_id). */
  value: string | null;
}

export const WAYS = ['checkout', 'guest checkout', 'async checkout', 'payment intent', 'payment link'] as const;
export type Way = (typeof WAYS)[number];

export interface Evidence {
  carried: Carried[];
  /** `client_reference_id`: undefined none, null the visitor's own id. */
  clientReference: string | null | undefined;
  /** The buyer comes back to the site: the pixel reports the session or the payment intent. */
  returning: 'session' | 'intent' | null;
}

export type Action =
  | { kind: 'land'; visitor: string; arrival: Arrival; path: string }
  | { kind: 'view'; visitor: string; path: string }
  | { kind: 'identify'; visitor: string; appId?: string; email?: string }
  | ({ kind: 'pay'; visitor: string; amountMinor: number; currency: string; way: Way } & Buying)
  | ({
      kind: 'subscribe';
      visitor: string;
      amountMinor: number;
      currency: string;
      way: 'checkout' | 'api';
      every?: Every;
      trial: boolean;
    } & Buying)
  | { kind: 'renew'; visitor: string; named: string | null }
  | { kind: 'edit subscription'; visitor: string; key: string; value: string }
  | ({ kind: 'invoice'; visitor: string; amountMinor: number; currency: string } & Buying)
  | ExchangeAction
  | SpendAction
  | MoneyAction;

export interface Buying {
  evidence: Evidence;
  /** The customer's label in the story; null: the visitor's own. */
  customer: string | null;
  /** What the payment is called later in the story. */
  named: string | null;
  /** Discounts, taxes, manual capture and the like; absent: none. */
  conditions?: Conditions;
}

export type Arrival =
  | { kind: 'direct' }
  | { kind: 'tags'; source: string; medium: string; campaign: string }
  | { kind: 'referrer'; url: string }
  | { kind: 'click'; parameter: string; value: string };

const OWN_VERBS = [
  'lands',
  'views',
  'identifies',
  'pays',
  'authorises',
  'subscribes',
  'renews',
  'edits',
  'is',
] as const;
const SUBJECT = new RegExp(`^(${NAME}) (${[...OWN_VERBS, ...MONEY_VERBS].join('|')})\\b ?(.*)$`);

export function readAction(text: string, reading: Reading): Action {
  const { fail } = reading;
  const apart = readExchange(text, reading) ?? readSpend(text, reading);
  if (apart) return apart;
  const [, visitor, verb, rest] = SUBJECT.exec(text) ?? [];
  if (visitor === undefined || verb === undefined || rest === undefined) {
    const verbs = [...OWN_VERBS, ...MONEY_VERBS].join(', ');
    throw fail(`"${text}" is not understood; write VISITOR ${verbs} …`);
  }
  const money = readMoneyAction(visitor, verb, rest, reading);
  if (money) return money;
  switch (verb) {
    case 'lands':
      return readLanding(visitor, rest, reading);
    case 'views':
      return { kind: 'view', visitor, path: pathOf(rest, reading) };
    case 'identifies': {
      const [, how, said] = /^(as|with) (\S+)$/.exec(rest) ?? [];
      if (said === undefined) throw fail(`write "${visitor} identifies as APP_ID" or "… with NAME@HOST"`);
      return { kind: 'identify', visitor, ...(how === 'as' ? { appId: said } : { email: said }) };
    }
    case 'pays':
    case 'authorises':
    case 'subscribes':
      return readBuying(visitor, verb, rest, reading);
    case 'is': {
      const [, invoiced] = /^invoiced (.+)$/.exec(rest) ?? [];
      if (invoiced === undefined) throw fail(`write "${visitor} is invoiced AMOUNT CURRENCY" or "is credited AMOUNT"`);
      return readBuying(visitor, 'is invoiced', invoiced, reading);
    }
    case 'renews':
      return { kind: 'renew', visitor, named: named(rest, 'as', reading) };
    default: {
      const [, key, value] = /^subscription metadata (\S+) = (\S+)$/.exec(rest) ?? [];
      if (key === undefined || value === undefined) throw fail('write "edits subscription metadata KEY = VALUE"');
      return { kind: 'edit subscription', visitor, key, value };
    }
  }
}

function readLanding(visitor: string, text: string, reading: Reading): Action {
  const [, how = text, path = '/'] = /^(.+?) on (\/\S*)$/.exec(text) ?? [];
  return { kind: 'land', visitor, arrival: readArrival(how, reading), path: pathOf(path, reading) };
}

function readArrival(how: string, { fail }: Reading): Arrival {
  if (how === 'direct') return { kind: 'direct' };
  const [, tags] = /^from (.+ \/ .+)$/.exec(how) ?? [];
  if (tags !== undefined) {
    const [source = '', medium = '', campaign = '', ...more] = tags.split(' / ').map((part) => part.trim());
    if (more.length > 0) throw fail(`"${tags}" has more than SOURCE / MEDIUM / CAMPAIGN`);
    return { kind: 'tags', source, medium, campaign };
  }
  const [, referrer] = /^from (\S+)$/.exec(how) ?? [];
  if (referrer !== undefined) {
    const url = referrer.includes('://') ? referrer : `https://${referrer}/`;
    if (!URL.canParse(url)) throw fail(`"${referrer}" is not a referrer; write a host or a full address`);
    return { kind: 'referrer', url };
  }
  const [, parameter, value] = /^with ([a-z_]+) (\S+)$/.exec(how) ?? [];
  if (parameter !== undefined && value !== undefined) return { kind: 'click', parameter, value };
  throw fail(
    `"${how}" is no way to land; write from SOURCE / MEDIUM / CAMPAIGN, from REFERRER, with gclid ID, or direct`,
  );
}

function pathOf(path: string, { fail }: Reading): string {
  if (!/^\/\S*$/.test(path)) throw fail(`"${path}" is not a path; it begins with /`);
  return path;
}

function named(text: string, word: string, { fail }: Reading): string | null {
  if (text === '') return null;
  const [, name] = new RegExp(`^${word} (${NAME})$`).exec(text) ?? [];
  if (name === undefined) throw fail(`"${text}" is not understood; write "${word} NAME", or nothing`);
  return name;
}

type BuyingVerb = 'pays' | 'authorises' | 'subscribes' | 'is invoiced';

function readBuying(visitor: string, verb: BuyingVerb, text: string, reading: Reading): Action {
  const { fail } = reading;
  const [head = '', ...parts] = text.split(',').map((part) => part.trim());
  const [, amount, currency, every, via] =
    new RegExp(`^([\\d.]+) ([a-z]{3})(${EVERY})?(?: via (.+))?$`).exec(head) ?? [];
  if (amount === undefined || currency === undefined) throw fail(`"${head}" is not "AMOUNT CURRENCY [via WAY]"`);
  const amountMinor = amountOf(amount, currency, reading);
  const trial = parts.includes('on trial');
  const buying = readClauses(
    parts.filter((part) => part !== 'on trial'),
    { ...reading, currency },
  );
  if (verb === 'authorises') buying.conditions = { ...buying.conditions, captureMethod: 'manual' };
  if (verb === 'subscribes') {
    const way = via ?? 'checkout';
    if (way !== 'checkout' && way !== 'api') throw fail(`"${way}" is no way to subscribe; write checkout or api`);
    return {
      kind: 'subscribe',
      visitor,
      amountMinor,
      currency,
      way,
      ...(every === undefined ? {} : { every: everyOf(every) }),
      trial,
      ...buying,
    };
  }
  if (every !== undefined) throw fail(`"${every.trim()}" belongs to subscribes`);
  if (trial) throw fail('"on trial" belongs to subscribes');
  if (verb === 'is invoiced') return { kind: 'invoice', visitor, amountMinor, currency, ...buying };
  const way = WAYS.find((name) => name === (via ?? 'checkout'));
  if (!way) throw fail(`"${via}" is no way to pay; write ${WAYS.join(', ')}`);
  return { kind: 'pay', visitor, amountMinor, currency, way, ...buying };
}

/** With nothing said the visitor's id is in the metadata of the session (or of the payment intent). */
function readClauses(parts: readonly string[], reading: Reading): Buying {
  const evidence: Evidence = { carried: [], clientReference: undefined, returning: null };
  const buying: Buying = { evidence, customer: null, named: null };
  let said = false;
  for (const part of parts) {
    const [, key, on, value = null] = /^with metadata (\S+) on (\S+)(?: = (\S+))?$/.exec(part) ?? [];
    const [, hasReference, reference = null] = /^with (client reference)(?: (\S+))?$/.exec(part) ?? [];
    const [, back] = /^returning with (session|intent)$/.exec(part) ?? [];
    const [, word, label] = new RegExp(`^(as|named) (?!account$)(${NAME})$`).exec(part) ?? [];
    if (key !== undefined && on !== undefined) evidence.carried.push({ key, on: carrierOf(on, reading), value });
    else if (hasReference !== undefined) evidence.clientReference = reference;
    else if (back !== undefined) evidence.returning = back as 'session' | 'intent';
    else if (word === 'as') buying.customer = label!;
    else if (word === 'named') buying.named = label!;
    else if (readCondition(part, reading) !== null) {
      buying.conditions = { ...buying.conditions, ...readCondition(part, reading) };
      continue;
    } else if (part !== 'with nothing') throw reading.fail(`"${part}" is not understood after "pays" or "subscribes"`);
    said ||= word === undefined;
  }
  if (!said) evidence.carried.push({ on: 'session', key: 'hw_visitor_id', value: null });
  return buying;
}

function carrierOf(text: string, { fail }: Reading): Carrier {
  const carrier = CARRIERS.find((name) => name === text);
  if (!carrier) throw fail(`metadata cannot stand on "${text}"; write ${CARRIERS.join(', ')}`);
  return carrier;
}
