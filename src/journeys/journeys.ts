import { OTHER } from '../core/report.ts';
import { flowOf } from '../core/journey-flow.ts';
import {
  COHORTS_BY,
  DAY_BUCKETS,
  TOUCH_BUCKETS,
  VALUE_DAYS,
  type Bucket,
  type JourneyDimension,
} from '../core/journey.ts';
import type { Mode } from '../core/payment.ts';
import type { ReportQuery } from '../core/report.ts';
import type { ReportSite } from '../reports/parse.ts';
import { oneOf, Refused } from '../reports/refused.ts';
import { EARLIEST_DAY, LATEST_DAY } from '../core/report-days.ts';
import { TooMuchToCompute } from '../storage/facts/facts.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { BucketSums, CohortSums, JourneyFacts, PathSums, ValueSums } from '../storage/facts/journey-facts.ts';
import { readCollapse, readJourneyQuestion, readWhole, wholeMonths, type Asked, type Raw } from './read-question.ts';

export interface JourneysOptions {
  facts: Pick<Facts, 'report'> & { journeys: JourneyFacts };
  /** Mode of a question that names none. */
  defaultMode: (site: string) => Promise<Mode>;
  now: () => number;
}

type Outcome<T> =
  { ok: true; value: T } | { ok: false; code: string; message: string; field?: string; status?: number };

const DAY_MS = 86_400_000;
const PATHS_SHOWN = 20;
const LABELS_SHOWN = 50;

/** A question about a site, as received. */
interface Asking {
  site: ReportSite;
  raw: Raw;
}

/** The questions about journeys: shapes of http/contract-journeys.ts. */
export function createJourneys(options: JourneysOptions) {
  const ask =
    <T>(question: (options: JourneysOptions, asking: Asking) => Promise<T>) =>
    async (site: ReportSite, raw: Raw): Promise<Outcome<T>> => {
      try {
        return { ok: true, value: await question(options, { site, raw }) };
      } catch (error) {
        return refusalOf(error);
      }
    };
  return {
    paths: ask(paths),
    times: ask(times),
    assists: ask(assists),
    flow: ask(flow),
    cohorts: ask(cohorts),
    lifetime: ask(lifetime),
  };
}

/** What is too much for one answer is the question's fault, as what cannot be read is. */
function refusalOf(error: unknown): { ok: false; code: string; message: string; field?: string; status?: number } {
  if (error instanceof TooMuchToCompute) {
    return { ok: false, status: 422, code: 'too_much', message: `journeys: ${error.message}` };
  }
  if (!(error instanceof Refused)) throw error;
  return { ok: false, code: 'bad_question', field: error.field, message: `${error.field}: ${error.message}` };
}

export type Journeys = ReturnType<typeof createJourneys>;

async function reading(
  { defaultMode, now }: JourneysOptions,
  { site, raw }: Asking,
  asked: { own?: readonly string[]; limit?: number; dimension?: JourneyDimension },
): Promise<Asked> {
  const { own = [], limit = LABELS_SHOWN, dimension = 'channel' } = asked;
  return readJourneyQuestion(raw, site, { own, limit, dimension, mode: await defaultMode(site.id), now: now() });
}

/** Of what is in no sum: money in another currency that nothing converts. */
async function apart({ facts }: JourneysOptions, query: ReportQuery): Promise<Record<string, number>> {
  const { unconverted = {} } = await facts.report({ ...query, metrics: ['revenue'], dimensions: [] });
  const amounts = Object.entries(unconverted).map(([currency, { revenue = 0 }]) => [currency, revenue] as const);
  return Object.fromEntries(amounts.filter(([, revenue]) => revenue !== 0));
}

async function paths(options: JourneysOptions, asking: Asking) {
  const { raw } = asking;
  const { query, dimension } = await reading(options, asking, {
    own: ['limit', 'order', 'repeats'],
    limit: PATHS_SHOWN,
  });
  const order = oneOf(raw.order, 'order', ['revenue', 'conversions']) ?? 'revenue';
  const [{ rows, total }, unconverted] = await Promise.all([
    options.facts.journeys.sequences({ query, dimension, collapse: readCollapse(raw) }, order),
    apart(options, query),
  ]);
  const rest = without(total, rows);
  const shown = rows.map(({ labels, ...sums }) => ({ path: labels, ...pathAnswer(sums) }));
  // What is beyond the limit can come to no money at all, and still be payments.
  if (rest.conversions !== 0 || rest.revenueMinor !== 0) shown.push({ path: [OTHER], ...pathAnswer(rest) });
  return { ...headOf(query, dimension), paths: shown, totals: pathAnswer(total), unconverted };
}

async function times(options: JourneysOptions, asking: Asking) {
  const { query, dimension } = await reading(options, asking, {});
  const [found, unconverted] = await Promise.all([
    options.facts.journeys.times({ query, dimension, collapse: false }),
    apart(options, query),
  ]);
  const filled = (buckets: readonly Bucket[], sums: readonly BucketSums[]) =>
    buckets.map((bucket, index) => ({ ...bucket, ...sumsAnswer(sums[index]!) }));
  return {
    ...headOf(query, dimension),
    days: filled(DAY_BUCKETS, found.days),
    touches: filled(TOUCH_BUCKETS, found.touches),
    unattributed: sumsAnswer(found.unattributed),
    totals: sumsAnswer(found.total),
    median_days: rounded(found.medianDays),
    median_touches: rounded(found.medianTouches),
    unconverted,
  };
}

async function assists(options: JourneysOptions, asking: Asking) {
  const { query, dimension } = await reading(options, asking, { own: ['limit'] });
  const [found, unconverted] = await Promise.all([
    options.facts.journeys.assists({ query, dimension, collapse: false }),
    apart(options, query),
  ]);
  const rows = found.map((row) => ({
    label: row.label,
    last_conversions: row.last,
    last_revenue: row.lastRevenueMinor,
    assisted_conversions: row.assisted,
    assisted_revenue: row.assistedRevenueMinor,
    ratio: row.last === 0 ? null : rounded(row.assisted / row.last),
  }));
  return { ...headOf(query, dimension), rows, unconverted };
}

async function flow(options: JourneysOptions, asking: Asking) {
  const { raw } = asking;
  const { query, dimension } = await reading(options, asking, { own: ['steps', 'nodes', 'repeats'] });
  const steps = readWhole(raw.steps, 'steps', { min: 2, max: 8, otherwise: 4 });
  const nodes = readWhole(raw.nodes, 'nodes', { min: 1, max: 20, otherwise: 6 });
  const [sequences, unconverted] = await Promise.all([
    options.facts.journeys.flowSequences({ query, dimension, collapse: readCollapse(raw) }, steps),
    apart(options, query),
  ]);
  const drawn = flowOf(sequences, { steps, nodes });
  return {
    ...headOf(query, dimension),
    steps,
    nodes: drawn.nodes.map(({ id, step, label, ...sums }) => ({ id, step, label, ...sumsAnswer(sums) })),
    links: drawn.links.map(({ from, to, ...sums }) => ({ source: from, target: to, ...sumsAnswer(sums) })),
    unconverted,
  };
}

const ofAllTime = (query: ReportQuery): ReportQuery => ({ ...query, from: EARLIEST_DAY, to: LATEST_DAY });

async function cohorts(options: JourneysOptions, { site, raw }: Asking) {
  const months = wholeMonths(raw, site, options.now());
  const { query, dimension } = await reading(options, { site, raw: { ...raw, ...months } }, { own: ['by'] });
  const by = oneOf(raw.by, 'by', COHORTS_BY) ?? 'first_touch';
  const [found, unconverted] = await Promise.all([
    options.facts.journeys.cohorts(query, { dimension, by, nowMs: options.now() }),
    apart(options, ofAllTime(query)),
  ]);
  return { ...headOf(query, dimension), by, cohorts: found.map(cohortAnswer), unconverted };
}

async function lifetime(options: JourneysOptions, { site, raw }: Asking) {
  const months = raw.from === undefined ? wholeMonths(raw, site, options.now()) : {};
  const asking = { site, raw: { ...months, ...raw } };
  const { query, dimension } = await reading(options, asking, { own: ['limit'], dimension: 'source' });
  const [{ rows, total }, unconverted] = await Promise.all([
    options.facts.journeys.values(query, { dimension, nowMs: options.now() }),
    apart(options, ofAllTime(query)),
  ]);
  const rest = withoutValues(total, rows);
  const shown = rest.customers === 0 ? rows : [...rows, rest];
  return { ...headOf(query, dimension), rows: shown.map(valueAnswer), totals: valueAnswer(total), unconverted };
}

function headOf({ from, to, currency, mode }: ReportQuery, dimension: Asked['dimension']) {
  return { dimension, from, to, currency, mode };
}

function without(total: PathSums, rows: readonly PathSums[]): PathSums {
  const left = (key: keyof PathSums) => rows.reduce((rest, row) => rest - row[key], total[key]);
  return {
    conversions: left('conversions'),
    revenueMinor: left('revenueMinor'),
    pathed: left('pathed'),
    touches: left('touches'),
    spanMs: left('spanMs'),
  };
}

function pathAnswer({ conversions, revenueMinor, pathed, touches, spanMs }: PathSums) {
  return {
    conversions,
    revenue: revenueMinor,
    average_value: conversions === 0 ? null : Math.round(revenueMinor / conversions),
    average_days: pathed === 0 ? null : rounded(spanMs / pathed / DAY_MS),
    average_touches: pathed === 0 ? null : rounded(touches / pathed),
  };
}

function sumsAnswer({ conversions, revenueMinor }: BucketSums) {
  return { conversions, revenue: revenueMinor };
}

function withoutValues(total: ValueSums, rows: readonly ValueSums[]): ValueSums {
  return {
    label: OTHER,
    customers: rows.reduce((rest, row) => rest - row.customers, total.customers),
    revenueMinor: rows.reduce((rest, row) => rest - row.revenueMinor, total.revenueMinor),
    after: total.after.map((sums, index) => ({
      customers: rows.reduce((rest, row) => rest - row.after[index]!.customers, sums.customers),
      revenueMinor: rows.reduce((rest, row) => rest - row.after[index]!.revenueMinor, sums.revenueMinor),
    })),
  };
}

function cohortAnswer({ month, customers, revenueMinor, byMonth }: CohortSums) {
  let sum = 0;
  const revenue = byMonth.map((amount) => (sum += amount));
  const perCustomer = revenue.map((amount) => Math.round(amount / customers));
  return { month, customers, revenue, per_customer: perCustomer, revenue_to_date: revenueMinor };
}

function valueAnswer({ label, customers, revenueMinor, after }: ValueSums) {
  return {
    label,
    customers,
    revenue: revenueMinor,
    lifetime_value: customers === 0 ? null : Math.round(revenueMinor / customers),
    after: after.map((sums, index) => ({
      days: VALUE_DAYS[index]!,
      customers: sums.customers,
      revenue: sums.revenueMinor,
      lifetime_value: sums.customers === 0 ? null : Math.round(sums.revenueMinor / sums.customers),
    })),
  };
}

const rounded = <T extends number | null>(value: T): T =>
  value === null ? value : ((Math.round(value * 100) / 100) as T);
