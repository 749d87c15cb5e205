import type { RuleModel } from '../../core/attribution/models.ts';
import { METRIC_SOURCES } from '../../core/report-scope.ts';
import type { Dimension, ReportQuery } from '../../core/report.ts';
import type { FactsClient } from './client.ts';
import { FactsCrowded, TooMuchToCompute } from './facts.ts';
import { paidPathsSql, type PaidPathCells } from './paid-paths.ts';
import { exceedsBounds } from './report-bounds.ts';
import { OTHER } from '../../core/report.ts';
import type { Measured } from './report-metrics.ts';
import type { MoneyScope } from './report-money.ts';
import { addTally, createTallies, emptyTally, measuresOfTally, type Tallies, type Tally } from './what-if.ts';

/** One question's pass over the paid paths: what it read is kept for its second step, and for the other models asked. */
export interface WhatIfPass {
  read(
    query: ReportQuery,
    step: { dimensions: readonly Dimension[]; scope: MoneyScope; names: readonly string[][] | null },
  ): Promise<{ rows: Measured[]; total: Measured }>;
}

export type WhatIfClient = Pick<FactsClient, 'readParts'>;

const UNDER_WAY_MAX = 2;
const QUESTIONS_MAX = 10;

/**
 * Passes read and compute much: a few at a time, so that hits and webhooks are answered in between. Who asks is refused
 * before the first pass or never: a question that lost one of its passes would have others compute for nothing.
 */
export function createWhatIf(client: WhatIfClient) {
  let underWay = 0;
  let questions = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  }

  /** @param models all that will be asked for: they are computed in one pass */
  return (models: readonly RuleModel[]): WhatIfPass => {
    const passes = new Map<string, Promise<Map<RuleModel, Tallies>>>();
    let [isAdmitted, underWayHere] = [false, 0];
    async function admitted<T>(work: () => Promise<T>): Promise<T> {
      if (!isAdmitted && questions >= QUESTIONS_MAX) {
        throw new FactsCrowded('too many questions with other settings are being answered; ask again in a moment');
      }
      isAdmitted = true;
      if (underWayHere === 0) questions += 1;
      underWayHere += 1;
      try {
        return await inTurn(work);
      } finally {
        underWayHere -= 1;
        if (underWayHere === 0) questions -= 1;
      }
    }
    return {
      async read(query, { dimensions, scope, names }) {
        const key = JSON.stringify([dimensions, scope]);
        const pass = passes.get(key) ?? admitted(() => compute(client, query, { dimensions, scope }, models));
        passes.set(key, pass);
        const tallies = (await pass).get(query.model)!;
        const rows = names === null ? tallies.rows : withOthers(tallies, names, dimensions);
        const stand = rows.filter((row) => stands(query, row)).map(measured);
        return { rows: stand, total: measured(tallies.total) };
      },
    };
  };
}

export type WhatIf = ReturnType<typeof createWhatIf>;

async function compute(
  client: WhatIfClient,
  query: ReportQuery,
  { dimensions, scope }: { dimensions: readonly Dimension[]; scope: MoneyScope },
  models: readonly RuleModel[],
): Promise<Map<RuleModel, Tallies>> {
  const asked = new Set(query.metrics.flatMap((metric) => METRIC_SOURCES[metric]));
  const families = { amounts: asked.has('amounts'), fees: asked.has('fees'), payments: asked.has('payments') };
  const question = { query, dimensions, scope, ...families };
  const { add, talliesOf } = createTallies(question, models, query.whatIf!);
  const { text, params } = paidPathsSql(question);
  try {
    await client.readParts<PaidPathCells>(text, params, (rows) => rows.forEach(add));
  } catch (error) {
    throw isTooMuch(error) ? new TooMuchToCompute(TOO_MUCH, { cause: error }) : error;
  }
  return new Map(models.map((model) => [model, talliesOf(model)]));
}

const TOO_MUCH =
  'too many payments for settings that are not the site’s own; choose fewer days, a coarser dimension, or the site’s settings';

/** The engine's bounds, and that on labels here. */
export function isTooMuch(error: unknown): boolean {
  return error instanceof RangeError || exceedsBounds(error);
}

function withOthers({ rows: all }: Tallies, names: readonly string[][], dimensions: readonly Dimension[]): Tally[] {
  const kept = new Set(names.map((labels) => labels.join('\0')));
  const rows: Tally[] = [];
  const others = new Map<string, Tally>();
  for (const tally of all) {
    if (kept.has(tally.labels.join('\0'))) {
      rows.push(tally);
      continue;
    }
    const labels = tally.labels.map((label, at) => (dimensions[at] === 'currency' ? label : OTHER));
    const other = others.get(labels.join('\0')) ?? emptyTally(labels);
    addTally(other, tally);
    others.set(labels.join('\0'), other);
  }
  return [...rows, ...others.values()];
}

/** A label whose money was all taken back is a row; one that was only touched by what cancelled itself is not. */
function stands({ metrics }: ReportQuery, tally: Tally): boolean {
  const sources = new Set(metrics.flatMap((metric) => METRIC_SOURCES[metric]));
  return (
    (sources.has('amounts') &&
      [tally.gross, tally.refunded, tally.disputed, tally.tax].some((amount) => amount !== 0)) ||
    (sources.has('fees') && tally.fees !== 0) ||
    (sources.has('payments') && tally.conversions !== 0)
  );
}

function measured(tally: Tally): Measured {
  return { labels: tally.labels, key: '', measures: measuresOfTally(tally) };
}
