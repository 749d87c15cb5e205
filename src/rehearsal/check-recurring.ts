import { decimalString } from '../core/currency.ts';
import { MOVEMENT_KINDS } from '../core/subscription-movements.ts';
import { type Answer, DAY_MS, dateOf, dayOf, type Questions, report } from './questions.ts';
import type { Expectation } from './scenario-expect.ts';

type Recurring = Extract<Expectation, { kind: 'stock' | 'movements' | 'recurring' }>;

/** Kind of a movement → the metric that tells it. */
const METRIC_OF = {
  new: 'new',
  expansion: 'expansion',
  contraction: 'contraction',
  churn: 'churned',
  reactivation: 'reactivation',
};

export function checkRecurring(questions: Questions, expected: Recurring): Promise<Answer> {
  if (expected.kind === 'stock') return stock(questions, expected);
  return expected.kind === 'movements' ? movements(questions, expected) : truth(questions);
}

async function stock(questions: Questions, expected: Extract<Recurring, { kind: 'stock' }>): Promise<Answer> {
  const { metric, value, day } = expected;
  const to = day === null ? questions.to : dateOf(questions, day);
  const { totals, currency, unconverted } = await report(questions, { metrics: metric, to });
  const isOther = metric !== 'active_subscribers' && expected.currency !== currency;
  const found = (isOther ? unconverted?.[expected.currency]?.[metric] : totals[metric]) ?? 0;
  return { ok: found === value, found: isCount(metric) ? String(found) : decimalString(found, expected.currency) };
}

const isCount = (metric: string) => metric === 'active_subscribers';

async function movements(questions: Questions, expected: Extract<Recurring, { kind: 'movements' }>): Promise<Answer> {
  const metrics = Object.values(METRIC_OF).map((name) => `${name}_mrr`);
  const { rows, currency } = await report(questions, { metrics: metrics.join(), dimensions: 'day' });
  const found = rows.flatMap((row) =>
    MOVEMENT_KINDS.filter((kind) => row[`${METRIC_OF[kind]}_mrr`] !== 0).map((kind) => {
      const day = Math.round((Date.parse(String(row.day)) - questions.startMs) / DAY_MS);
      return `day ${day} ${kind} ${decimalString(Number(row[`${METRIC_OF[kind]}_mrr`]), currency)}`;
    }),
  );
  const wanted = expected.rows.map(
    ({ day, kind, amountMinor }) => `day ${day} ${kind} ${decimalString(amountMinor, currency)}`,
  );
  return { ok: found.toSorted().join() === wanted.toSorted().join(), found: found.join(', ') || 'nothing' };
}

/** Each day's end, in every currency, against what the account's own subscriptions were worth then. */
async function truth(questions: Questions): Promise<Answer> {
  const { rows } = await report(questions, { metrics: 'mrr', dimensions: 'day,currency' });
  const told = new Map(rows.map((row) => [`${row.day} ${row.currency}`, Number(row.mrr)]));
  const wrong: string[] = [];
  for (let day = questions.startMs; dayOf(day) < questions.to; day += DAY_MS) {
    const worth = questions.recurring((day + DAY_MS) / 1_000 - 1);
    const currencies = new Set([...Object.keys(worth), ...rows.map((row) => String(row.currency))]);
    for (const currency of currencies) {
      const [found, expected] = [told.get(`${dayOf(day)} ${currency}`) ?? 0, worth[currency] ?? 0];
      if (found === expected) continue;
      const number = (day - questions.startMs) / DAY_MS;
      wrong.push(
        `day ${number}: ${decimalString(found, currency)} ${currency}, worth ${decimalString(expected, currency)}`,
      );
    }
  }
  return { ok: wrong.length === 0, found: wrong.slice(0, 5).join('; ') || 'it is true' };
}
