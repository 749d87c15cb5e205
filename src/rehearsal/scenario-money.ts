import { amountOf, type Reading } from './scenario-expect.ts';
import { EVERY, type Every, everyOf } from './scenario-recurring.ts';

/** What becomes of payments, invoices and subscriptions after they began. `of` null: the visitor's last one. */
export type MoneyAction =
  | { kind: 'refund'; visitor: string; amountMinor: number | null; of: string | null; pending?: true }
  | { kind: 'end refund'; visitor: string; end: 'succeeded' | 'failed' | 'canceled' }
  | { kind: 'finish'; visitor: string; outcome: 'succeeds' | 'fails' }
  | { kind: 'bounce'; visitor: string }
  | { kind: 'capture'; visitor: string; amountMinor: number | null; of: string | null; isFinal: boolean }
  | { kind: 'end authorisation'; visitor: string; end: 'expires' | 'is canceled' }
  | {
      kind: 'dispute';
      visitor: string;
      amountMinor: number | null;
      currency: string | null;
      of: string | null;
      as: DisputeKind;
    }
  | { kind: 'move dispute'; visitor: string; to: DisputeMove }
  | { kind: 'pay invoice'; visitor: string; how: 'whole' | 'together' | 'out_of_band' | 'payment_record' }
  | { kind: 'pay part'; visitor: string; amountMinor: number; named: string | null }
  | { kind: 'void invoice'; visitor: string }
  | { kind: 'credit'; visitor: string; amountMinor: number; by: 'refund' | 'balance' | 'out_of_band' }
  | { kind: 'change price'; visitor: string; amountMinor: number; every?: Every; named: string | null }
  | { kind: 'add item'; visitor: string; amountMinor: number; every: Every; isMetered: boolean }
  | { kind: 'change quantity'; visitor: string; quantity: number }
  | { kind: 'change subscription'; visitor: string; to: SubscriptionMove };

export type DisputeKind = 'chargeback' | 'inquiry' | 'prevented' | 'announced';
const DISPUTE_CLAUSES: Record<string, DisputeKind> = {
  '': 'chargeback',
  'as inquiry': 'inquiry',
  prevented: 'prevented',
  'not yet withdrawn': 'announced',
};
const DISPUTE_MOVES = ['won', 'lost', 'closed', 'escalated', 'withdrawn', 'answered'] as const;
export type DisputeMove = (typeof DISPUTE_MOVES)[number];
const SUBSCRIPTION_VERBS: Record<string, SubscriptionMove> = {
  pauses: 'pause',
  resumes: 'resume',
  cancels: 'cancel',
  'cancels at period end': 'cancel at period end',
  'subscription ends': 'end',
  'renewal fails': 'fail renewal',
  'pauses collection': 'pause collection',
  'resumes collection': 'resume collection',
  'removes item': 'remove item',
  'subscription becomes unpaid': 'unpaid',
  'subscription becomes active': 'active',
};
export type SubscriptionMove =
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'cancel at period end'
  | 'end'
  | 'fail renewal'
  | 'pause collection'
  | 'resume collection'
  | 'remove item'
  | 'unpaid'
  | 'active';

export const NAME = '[A-Za-z][A-Za-z0-9_-]{0,40}';
export const MONEY_VERBS = [
  'refunds',
  'refund',
  'pending',
  'payment',
  'captures',
  'authorisation',
  'disputes',
  'dispute',
  'invoice',
  'upgrades',
  'downgrades',
  'pauses',
  'resumes',
  'cancels',
  'subscription',
  'renewal',
  'adds',
  'removes',
  'changes',
] as const;

/** Null: the verb is not about money that has begun to move. */
export function readMoneyAction(visitor: string, verb: string, rest: string, reading: Reading): MoneyAction | null {
  const to = SUBSCRIPTION_VERBS[`${verb} ${rest}`.trim()];
  if (to !== undefined) return { kind: 'change subscription', visitor, to };
  switch (verb) {
    case 'refunds':
      return readRefund(visitor, rest, reading);
    case 'captures':
      return readCapture(visitor, rest, reading);
    case 'disputes':
      return readDispute(visitor, rest, reading);
    case 'pays':
      return readPaying(visitor, rest, reading);
    case 'upgrades':
    case 'downgrades': {
      const [, amount, every, named = null] =
        new RegExp(`^to ([\\d.]+)(${EVERY})?(?: as (${NAME}))?$`).exec(rest) ?? [];
      if (amount === undefined) throw reading.fail(`write "${verb} to AMOUNT [every N UNIT] [as NAME]"`);
      const amountMinor = amountOf(amount, reading.currency, reading);
      return {
        kind: 'change price',
        visitor,
        amountMinor,
        ...(every === undefined ? {} : { every: everyOf(every) }),
        named,
      };
    }
    case 'adds':
      return readAdding(visitor, rest, reading);
    case 'changes': {
      const [, quantity] = /^quantity to (\d{1,4})$/.exec(rest) ?? [];
      if (quantity === undefined) throw reading.fail('write "changes quantity to N"');
      return { kind: 'change quantity', visitor, quantity: Number(quantity) };
    }
    case 'is':
      return readCredit(visitor, rest, reading);
    case 'refund':
    case 'pending':
    case 'payment':
    case 'authorisation':
    case 'dispute':
    case 'invoice':
      return readEnd(visitor, `${verb} ${rest}`, reading);
    case 'pauses':
    case 'resumes':
    case 'cancels':
    case 'subscription':
    case 'renewal':
    case 'removes':
      throw reading.fail(`write ${Object.keys(SUBSCRIPTION_VERBS).join(', ')}`);
    default:
      return null;
  }
}

function readAdding(visitor: string, text: string, reading: Reading): MoneyAction {
  const [, amount, every, metered] = new RegExp(`^item ([\\d.]+)(${EVERY})?(, metered)?$`).exec(text) ?? [];
  if (amount === undefined) throw reading.fail('write "adds item AMOUNT [every N UNIT][, metered]"');
  const amountMinor = amountOf(amount, reading.currency, reading);
  return { kind: 'add item', visitor, amountMinor, every: everyOf(every), isMetered: metered !== undefined };
}

type Untold<A> = A extends { visitor: string } ? Omit<A, 'visitor'> : never;

/** How a story says what something comes to in the end. */
const ENDS: Record<string, Untold<MoneyAction>> = {
  'refund succeeds': { kind: 'end refund', end: 'succeeded' },
  'refund fails': { kind: 'end refund', end: 'failed' },
  'refund is canceled': { kind: 'end refund', end: 'canceled' },
  'pending payment succeeds': { kind: 'finish', outcome: 'succeeds' },
  'pending payment fails': { kind: 'finish', outcome: 'fails' },
  'payment bounces': { kind: 'bounce' },
  'authorisation expires': { kind: 'end authorisation', end: 'expires' },
  'authorisation is canceled': { kind: 'end authorisation', end: 'is canceled' },
  'invoice is voided': { kind: 'void invoice' },
  ...Object.fromEntries(DISPUTE_MOVES.map((to) => [`dispute is ${to}`, { kind: 'move dispute', to }])),
};

function readEnd(visitor: string, text: string, { fail }: Reading): MoneyAction {
  const end = ENDS[text];
  if (end === undefined) throw fail(`"${text}" is not understood; write ${Object.keys(ENDS).join(', ')}`);
  return { visitor, ...end } as MoneyAction;
}

const AMOUNT_OF = new RegExp(`^(everything|[\\d.]+)(?: ([a-z]{3}))?(?: of (${NAME}))?(?:, (.+))?$`);

interface Amount {
  amountMinor: number | null;
  currency: string | null;
  of: string | null;
  clause: string;
}

function readAmount(text: string, reading: Reading): Amount | null {
  const [, amount, currency = null, of = null, clause = ''] = AMOUNT_OF.exec(text) ?? [];
  if (amount === undefined) return null;
  const inCurrency = currency ?? reading.currency;
  return { amountMinor: amount === 'everything' ? null : amountOf(amount, inCurrency, reading), currency, of, clause };
}

function readRefund(visitor: string, text: string, reading: Reading): MoneyAction {
  const read = readAmount(text, reading);
  if (!read || (read.clause !== '' && read.clause !== 'pending')) {
    throw reading.fail('write "refunds AMOUNT [of NAME][, pending]" or "refunds everything [of NAME][, pending]"');
  }
  const { amountMinor, of } = read;
  return { kind: 'refund', visitor, amountMinor, of, ...(read.clause === 'pending' ? { pending: true } : {}) };
}

function readCapture(visitor: string, text: string, reading: Reading): MoneyAction {
  const read = readAmount(text, reading);
  if (!read || (read.clause !== '' && read.clause !== 'more to come')) {
    throw reading.fail('write "captures AMOUNT [of NAME][, more to come]" or "captures everything"');
  }
  return { kind: 'capture', visitor, amountMinor: read.amountMinor, of: read.of, isFinal: read.clause === '' };
}

function readDispute(visitor: string, text: string, reading: Reading): MoneyAction {
  const read = readAmount(text, reading);
  const as = read ? DISPUTE_CLAUSES[read.clause] : undefined;
  if (!read || as === undefined) {
    throw reading.fail(
      'write "disputes AMOUNT [CURRENCY] [of NAME]" or "disputes everything", and ", as inquiry", ", prevented" or ", not yet withdrawn"',
    );
  }
  const { amountMinor, currency, of } = read;
  return { kind: 'dispute', visitor, amountMinor, currency, of, as };
}

/** Payments of invoices; other payments are read elsewhere. */
function readPaying(visitor: string, text: string, reading: Reading): MoneyAction | null {
  if (text === 'invoice') return { kind: 'pay invoice', visitor, how: 'whole' };
  if (text === 'invoices together') return { kind: 'pay invoice', visitor, how: 'together' };
  if (text === 'off stripe') return { kind: 'pay invoice', visitor, how: 'out_of_band' };
  if (text === 'off stripe, as payment record') return { kind: 'pay invoice', visitor, how: 'payment_record' };
  const [, amount, named = null] = new RegExp(`^part ([\\d.]+)(?: as (${NAME}))?$`).exec(text) ?? [];
  if (amount === undefined) return null;
  return { kind: 'pay part', visitor, amountMinor: amountOf(amount, reading.currency, reading), named };
}

function readCredit(visitor: string, text: string, reading: Reading): MoneyAction | null {
  const [, amount, how = 'as refund'] =
    /^credited ([\d.]+)(?: (as refund|as balance|outside stripe))?$/.exec(text) ?? [];
  if (amount === undefined) return null;
  const by = how === 'as refund' ? 'refund' : how === 'as balance' ? 'balance' : 'out_of_band';
  return { kind: 'credit', visitor, amountMinor: amountOf(amount, reading.currency, reading), by };
}
