// Return, cost of a customer and payback of shops that nobody wrote, against plain arithmetic on what was put in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { facts, link, NOW, on, openShop, records } from '../../test/contracts/shop.ts';
import type { RuleModel } from '../core/attribution/models.ts';
import type { ReportRow } from '../core/report.ts';
import { createMirror } from '../payments/mirror.ts';
import { importSpend } from './book.ts';

const SOURCES = ['google', 'facebook', 'bing'];
const MODELS: RuleModel[] = ['first_touch', 'last_touch', 'linear'];
const [FROM, TO] = [5, 20];
const HOUR_MS = 3_600_000;
const METRICS = ['spend', 'revenue', 'roas', 'new_customers', 'cac', 'payback_days'] as const;

interface Bought {
  day: number;
  amount: number;
  /** 0 to 1 of the amount, so many days later. */
  refund: { after: number; share: number } | null;
}
interface Person {
  /** A touchpoint for each day. */
  touches: Record<string, string>;
  payments: Bought[];
}
interface Spent {
  day: number;
  source: string;
  amount: number;
}

const day = fc.integer({ min: 1, max: 26 });
const person: fc.Arbitrary<Person> = fc.record({
  touches: fc.dictionary(day.map(String), fc.constantFrom(...SOURCES), { minKeys: 1, maxKeys: 5 }),
  payments: fc.uniqueArray(
    fc.record({
      day,
      // Any number of touchpoints shares it without a rest.
      amount: fc.integer({ min: 1, max: 60 }).map((units) => units * 120),
      refund: fc.option(fc.record({ after: fc.integer({ min: 0, max: 4 }), share: fc.constantFrom(0.5, 1) })),
    }),
    { selector: (one) => one.day, minLength: 1, maxLength: 4 },
  ),
});
const spent: fc.Arbitrary<Spent> = fc.record({
  day,
  source: fc.constantFrom(...SOURCES, 'billboard'),
  amount: fc.integer({ min: 0, max: 9_000 }),
});

/** What each source earns of a payment: source → share. */
function shares({ touches }: Person, bought: Bought, model: RuleModel): Record<string, number> {
  const path = Object.entries(touches)
    .map(([touched, source]) => ({ day: Number(touched), source }))
    .filter((touch) => touch.day <= bought.day)
    .sort((a, b) => a.day - b.day)
    .map(({ source }) => source);
  if (path.length === 0) return { '(unattributed)': 1 };
  if (model === 'first_touch') return { [path[0]!]: 1 };
  if (model === 'last_touch') return { [path.at(-1)!]: 1 };
  const earned: Record<string, number> = {};
  for (const source of path) earned[source] = (earned[source] ?? 0) + 1 / path.length;
  return earned;
}

function expected(people: readonly Person[], spends: readonly Spent[], model: RuleModel, label: string | null) {
  const isIn = (one: number) => one >= FROM && one <= TO;
  const of = (earned: Record<string, number>) => (label === null ? 1 : (earned[label] ?? 0));
  const spend = spends
    .filter((one) => isIn(one.day) && (label === null || one.source === label))
    .reduce((sum, { amount }) => sum + amount, 0);
  let revenue = 0;
  let customers = 0;
  const aged: { age: number; money: number }[] = [];
  for (const one of people) {
    const first = Math.min(...one.payments.map((bought) => bought.day));
    for (const bought of one.payments) {
      const part = of(shares(one, bought, model));
      if (bought.day === first && isIn(first) && part > 0) customers += 1;
      const moves = [{ day: bought.day, money: bought.amount }];
      if (bought.refund)
        moves.push({ day: bought.day + bought.refund.after, money: -bought.amount * bought.refund.share });
      for (const { day: moved, money } of moves) {
        if (isIn(moved)) revenue += money * part;
        if (isIn(first)) aged.push({ age: moved - first, money: money * part });
      }
    }
  }
  const ages = [...new Set(aged.map(({ age }) => age))].sort((a, b) => a - b);
  const brought = (until: number) => aged.reduce((sum, { age, money }) => (age <= until ? sum + money : sum), 0);
  const ratio = (a: number, b: number) => (b === 0 ? null : Number((a / b).toFixed(6)));
  return {
    spend,
    revenue: Math.round(revenue),
    roas: ratio(Math.round(revenue), spend),
    new_customers: customers,
    cac: ratio(spend, customers),
    payback_days: spend === 0 ? null : (ages.find((age) => brought(age) > spend - 1e-6) ?? null),
  };
}

async function shopOf(people: readonly Person[], spends: readonly Spent[]) {
  const shop = await openShop();
  const hits = people.flatMap(({ touches }, index) =>
    Object.entries(touches).map(([touched, source]): [string, number, string, number] => [
      `v${index}`,
      Number(touched),
      source,
      9 * HOUR_MS,
    ]),
  );
  await shop.hits(...hits);
  for (const [index, { payments }] of people.entries()) {
    for (const [at, { day: paid, amount, refund }] of payments.entries()) {
      const entries: Parameters<typeof shop.pay>[3] = [['charge', amount]];
      if (refund) entries.push(['refund', -amount * refund.share, paid + refund.after]);
      const occurredAt = on(paid);
      await shop.pay(`ch_${index}_${at}`, { customer: `cus_${index}`, occurredAt }, [link(`v${index}`)], entries);
    }
  }
  await shop.settle();
  const rows = spends.map((one) => ({
    date: `2026-11-${String(one.day).padStart(2, '0')}`,
    source: one.source,
    amount: one.amount,
    currency: 'usd',
  }));
  const site = (await records.sites.get(shop.site))!;
  if (rows.length > 0) {
    const once = { preview: false, partial: false };
    await importSpend({ records, now: () => NOW }, site, { kind: 'rows', name: 'API', rows }, once);
    const mirror = createMirror({ records, facts });
    while (await mirror.runOnce());
  }
  return shop.site;
}

const question = (site: string, model: RuleModel) => ({
  site,
  model,
  timezone: 'UTC',
  currency: 'usd',
  mode: 'live' as const,
  metrics: METRICS,
  from: `2026-11-${String(FROM).padStart(2, '0')}`,
  to: `2026-11-${TO}`,
  by: 'entry_date' as const,
  filters: [],
  order: null,
  limit: 100,
  bots: 'exclude' as const,
});

test('whatever was paid, given back and spent, reports say what arithmetic says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(person, { minLength: 1, maxLength: 6 }),
      fc.array(spent, { maxLength: 6 }),
      async (people, spends) => {
        const site = await shopOf(people, spends);
        for (const model of MODELS) {
          const told = await facts.report({ ...question(site, model), dimensions: ['source'] });
          assert.deepEqual(told.totals, expected(people, spends, model, null), model);
          const found = new Map(told.rows.map((row): [string, ReportRow] => [String(row.source), row]));
          for (const source of [...SOURCES, 'billboard']) {
            const wanted = expected(people, spends, model, source);
            const row = found.get(source);
            if (row) assert.deepEqual(row, { source, ...wanted }, `${model} ${source}`);
            else
              assert.deepEqual([wanted.spend, wanted.revenue, wanted.new_customers], [0, 0, 0], `${model} ${source}`);
          }
        }
      },
    ),
    { numRuns: 8 },
  );
});
