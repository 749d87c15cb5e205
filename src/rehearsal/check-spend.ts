import { decimalString } from '../core/currency.ts';
import { type Answer, type Questions, report } from './questions.ts';
import type { Expectation } from './scenario-expect.ts';

/** What advertising brings: a total, or every row that has a value (of spend, every one that is not 0). */
export async function checkReturn(
  questions: Questions,
  expected: Extract<Expectation, { kind: 'return' }>,
): Promise<Answer> {
  const { metric, dimension } = expected;
  const query = { metrics: metric, ...(dimension === null ? {} : { dimensions: dimension }) };
  const { rows, totals, currency } = await report(questions, query);
  const found = new Map<string, number | null>(
    dimension === null
      ? [['', totals[metric] ?? null]]
      : rows
          .filter((row) => row[metric] !== null && row[metric] !== 0)
          .map((row) => [String(row[dimension]), Number(row[metric])]),
  );
  const wanted = Object.entries(expected.rows).filter(
    ([, value]) => dimension === null || (value !== null && value !== 0),
  );
  const ok = found.size === wanted.length && wanted.every(([name, value]) => found.get(name) === value);
  const isMoney = metric === 'spend' || metric === 'cac';
  const told = (value: number | null) =>
    value === null ? 'none' : isMoney && Number.isInteger(value) ? decimalString(value, currency) : String(value);
  const shown = [...found].map(([name, value]) => `${name} ${told(value)}`.trim());
  return { ok, found: shown.join(', ') || 'nothing' };
}
