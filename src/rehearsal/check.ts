import { decimalString } from '../core/currency.ts';
import { moneyObjectOf } from '../core/ledger.ts';
import { type Credited, EVIDENCE_OBJECTS, type Expectation } from './scenario-expect.ts';
import { checkRecurring } from './check-recurring.ts';
import { checkReturn } from './check-spend.ts';
import { get, parametersOf, report, type Answer, type Questions } from './questions.ts';

export interface Finding {
  line: number;
  /** The expectation as written. */
  text: string;
  ok: boolean;
  /** What was found instead, in the words of the story. */
  found: string;
}

interface Expecting {
  line: number;
  text: string;
  expectation: Expectation;
}

/** How long and how often a story asks. */
export interface Patience {
  patienceMs: number;
  pollMs: number;
  /** What has come true must still be true after this long: a payment counted twice is right for a moment, too. */
  settleMs: number;
}

/** Asks until all of a block is true, and once more a moment later. What is not true by the deadline is a finding. */
export async function check(
  questions: Questions,
  block: readonly Expecting[],
  { patienceMs, pollMs, settleMs }: Patience,
): Promise<Finding[]> {
  const deadline = Date.now() + patienceMs;
  let findings = await ask(questions, block);
  let trueSince = findings.every((finding) => finding.ok) ? Date.now() : null;
  while (Date.now() < deadline && (trueSince === null || Date.now() - trueSince < settleMs)) {
    await new Promise((resolve) => setTimeout(resolve, trueSince === null ? pollMs : settleMs));
    findings = await ask(questions, block);
    if (!findings.every((finding) => finding.ok)) trueSince = null;
    else trueSince ??= Date.now();
  }
  return findings;
}

async function ask(questions: Questions, block: readonly Expecting[]): Promise<Finding[]> {
  // Few what-ifs are computed at once, and more than a few waiting are refused: a story asks one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  return Promise.all(
    block.map((expecting) => {
      if (expecting.expectation.kind !== 'what if') return find(questions, expecting);
      const found = turn.then(() => find(questions, expecting));
      turn = found;
      return found;
    }),
  );
}

async function find(questions: Questions, { line, text, expectation }: Expecting): Promise<Finding> {
  try {
    return { line, text, ...(await answer(questions, expectation)) };
  } catch (error) {
    return { line, text, ok: false, found: (error as Error).message };
  }
}

function answer(questions: Questions, expectation: Expectation): Promise<Answer> {
  switch (expectation.kind) {
    case 'credits':
    case 'what if':
      return credits(questions, expectation);
    case 'metric':
      return metric(questions, expectation);
    case 'converted':
      return converted(questions, expectation);
    case 'evidence':
      return evidence(questions, expectation);
    case 'stock':
    case 'movements':
    case 'recurring':
      return checkRecurring(questions, expectation);
    case 'return':
      return checkReturn(questions, expectation);
    case 'books':
      return books(questions);
    default:
      return fromPayments(questions, expectation);
  }
}

async function credits(questions: Questions, expected: Credited): Promise<Answer> {
  const { model, dimension, asked } = expected;
  const metric = model === 'mrr' ? 'mrr' : 'revenue';
  const query = {
    metrics: metric,
    dimensions: dimension,
    ...(model === 'mrr' ? {} : { model, ...parametersOf(questions, asked) }),
  };
  const { rows, currency } = await report(questions, query);
  const found = new Map(
    rows.filter((row) => row[metric] !== 0).map((row) => [String(row[dimension]), Number(row[metric])]),
  );
  // A row of 0.00 in a story says that there is none: a full refund leaves nothing.
  const wanted = Object.entries(expected.rows).filter(([, amount]) => amount !== 0);
  const ok = found.size === wanted.length && wanted.every(([name, amount]) => found.get(name) === amount);
  const shown = [...found].map(([name, amount]) => `${name} ${decimalString(amount, currency)}`);
  return { ok, found: shown.join(', ') || 'nothing' };
}

async function metric(questions: Questions, expected: Extract<Expectation, { kind: 'metric' }>): Promise<Answer> {
  const query = { metrics: expected.metric, ...parametersOf(questions, expected.asked) };
  const { currency, totals, unconverted } = await report(questions, query);
  const found =
    expected.currency === currency
      ? (totals[expected.metric] ?? 0)
      : (unconverted?.[expected.currency]?.[expected.metric] ?? 0);
  return { ok: found === expected.amountMinor, found: decimalString(found, expected.currency) };
}

/** What went to others, or came from them, is not revenue. */
const NOT_REVENUE = ['transfer', 'platform_earning'];

async function books(questions: Questions): Promise<Answer> {
  const { currency, totals, unconverted } = await report(questions, { metrics: 'revenue' });
  const differences = Object.entries(questions.balance()).flatMap(([code, { amount, categories }]) => {
    const stripe = NOT_REVENUE.reduce((sum, category) => sum - (categories[category] ?? 0), amount);
    const found = code === currency ? (totals.revenue ?? 0) : (unconverted?.[code]?.revenue ?? 0);
    if (found === stripe) return [];
    return [`revenue ${decimalString(found, code)}, but Stripe's balance has ${decimalString(stripe, code)} ${code}`];
  });
  return { ok: differences.length === 0, found: differences.join('; ') || 'they balance' };
}

interface PaymentAnswer {
  id: string;
  currency: string;
  revenue: number;
  fees: number;
  reason: string | null;
}

async function payments(questions: Questions): Promise<PaymentAnswer[]> {
  const all: PaymentAnswer[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ mode: questions.mode, limit: '100', ...(cursor === null ? {} : { cursor }) });
    const page: { payments: PaymentAnswer[]; next: string | null } = await get(questions, `payments?${query}`);
    all.push(...page.payments);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

async function fromPayments(
  questions: Questions,
  expected: Extract<Expectation, { kind: 'payments' | 'fees' | 'unattributed' }>,
): Promise<Answer> {
  const all = await payments(questions);
  if (expected.kind === 'payments') return { ok: all.length === expected.count, found: String(all.length) };
  const own = all.filter((payment) => payment.currency === expected.currency);
  if (expected.kind === 'fees') {
    const fees = own.reduce((sum, payment) => sum + payment.fees, 0);
    return { ok: fees === expected.amountMinor, found: decimalString(fees, expected.currency) };
  }
  const sums = new Map<string, number>();
  for (const { reason, revenue } of own) {
    if (reason !== null) sums.set(reason, (sums.get(reason) ?? 0) + revenue);
  }
  const shown = [...sums].map(([reason, amount]) => `${decimalString(amount, expected.currency)} reason ${reason}`);
  return { ok: (sums.get(expected.reason) ?? 0) === expected.amountMinor, found: shown.join(', ') || 'nothing' };
}

async function evidence(questions: Questions, expected: Extract<Expectation, { kind: 'evidence' }>): Promise<Answer> {
  const charge = questions.chargeOf(expected.payment);
  if (charge === null) return { ok: false, found: 'no such payment in the story' };
  const detail = await get<{ links: { object: string; field: string; used: boolean }[] }>(
    questions,
    `payments/${charge}`,
  );
  const used = detail.links.find((link) => link.used);
  if (!used) return { ok: false, found: 'no link was used' };
  const ok = used.field === expected.field && used.object.startsWith(EVIDENCE_OBJECTS[expected.object]!);
  return { ok, found: `${used.object} ${used.field}` };
}

interface ConvertedAnswer {
  converted?: {
    currency: string;
    revenue: number;
    entries: { id: string; amount: number | null; by: string | null }[];
  };
}

async function converted(questions: Questions, expected: Extract<Expectation, { kind: 'converted' }>): Promise<Answer> {
  const charge = questions.chargeOf(expected.payment);
  if (charge === null) return { ok: false, found: 'no such payment in the story' };
  const { converted: found } = await get<ConvertedAnswer>(questions, `payments/${charge}`);
  if (!found) return { ok: false, found: 'it is in the currency of the site' };
  // A refund that was heard of before it was itemised is taken back: entries that add up to nothing say nothing.
  const objects = [...Map.groupBy(found.entries, (entry) => moneyObjectOf(entry.id)).values()];
  const moved = objects
    .filter((own) => own.some((it) => it.amount === null) || own.reduce((sum, it) => sum + (it.amount ?? 0), 0) !== 0)
    .flat()
    .filter((entry) => entry.amount !== 0);
  const by = [...new Set(moved.map((entry) => entry.by ?? 'nothing'))].sort().join(' and ');
  const wanted = expected.by.split(' and ').sort().join(' and ');
  return {
    ok: found.revenue === expected.amountMinor && by === wanted,
    found: `${decimalString(found.revenue, found.currency)} by ${by}`,
  };
}
