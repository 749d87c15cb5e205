import { DIMENSIONS, METRICS } from '../core/report.ts';
import type { Dimension, Metric } from '../core/report.ts';
import type { OverviewSearch } from './search.ts';
import { oneOf, overviewSearch } from './search.ts';
import { ANY_MODELS } from './words.ts';
import type { AnyModel } from './words.ts';

/** What the comparison shows lives in its address, in the API's words. */
export interface CompareSearch extends Omit<OverviewSearch, 'model' | 'filter'> {
  /** Models, joined by commas. */
  models?: string;
  dimension?: Dimension;
  metric?: Metric;
  window?: string;
  half_life?: string;
  weights?: string;
  direct?: 'ignore' | 'keep';
  repeats?: 'collapse' | 'keep';
  /** A row that is opened. */
  value?: string;
  /** A saved run that is shown instead. */
  run?: string;
}

/** Those that a model splits and that say something row by row. */
export const COMPARED_METRICS = [
  'revenue',
  'conversions',
  'gross',
  'refunded',
  'disputed',
  'fees',
  'net',
  'tax',
] as const satisfies readonly Metric[];
export const COMPARED_DIMENSIONS = [
  'source',
  'channel',
  'medium',
  'campaign',
  'term',
  'content',
  'referrer',
  'landing_page',
  'hostname',
  'country',
  'device',
  'browser',
  'os',
  'day',
  'week',
  'month',
  'payment_kind',
  'product',
  'coupon',
] as const satisfies readonly Dimension[];

export const DEFAULT_MODELS: readonly AnyModel[] = ['first_touch', 'last_touch', 'linear', 'position_based'];

export function compareSearch(raw: Record<string, unknown>): CompareSearch {
  const { model: _, filter: __, ...days } = overviewSearch(raw);
  const search: CompareSearch = { ...days };
  const models = typeof raw.models === 'string' ? modelsOf(raw.models).join(',') : '';
  if (models !== '' && models !== DEFAULT_MODELS.join(',')) search.models = models;
  const dimension = oneOf(raw.dimension, DIMENSIONS);
  if (dimension && dimension !== 'source') search.dimension = dimension;
  const metric = oneOf(raw.metric, METRICS);
  if (metric && metric !== 'revenue') search.metric = metric;
  for (const name of ['window', 'half_life', 'weights'] as const) {
    if (typeof raw[name] === 'string' && /^[\w/]{1,20}$/.test(raw[name])) search[name] = raw[name];
  }
  const direct = oneOf(raw.direct, ['ignore', 'keep'] as const);
  const repeats = oneOf(raw.repeats, ['collapse', 'keep'] as const);
  if (direct) search.direct = direct;
  if (repeats) search.repeats = repeats;
  if (typeof raw.value === 'string' && raw.value !== '') search.value = raw.value.slice(0, 500);
  if (typeof raw.run === 'string' && /^[\w-]{1,64}$/.test(raw.run)) search.run = raw.run;
  return search;
}

/** In one order, each once. */
export function modelsOf(text: string | undefined): AnyModel[] {
  if (text === undefined) return [...DEFAULT_MODELS];
  const named = text.split(',');
  return ANY_MODELS.filter((model) => named.includes(model));
}
