import type { Mode } from '../core/payment.ts';
import { isDay } from '../core/report-days.ts';
import { readFilters } from '../core/report-filters.ts';
import type { Filter, FilterNode } from '../core/report.ts';
import type { Days, RangeName } from './time.ts';
import { RANGES, daysOf } from './time.ts';
import { ANY_MODELS } from './words.ts';
import type { AnyModel } from './words.ts';

/** What the overview shows lives in its address: plain names and values, defaults left out. */
export interface OverviewSearch {
  range?: RangeName;
  from?: string;
  to?: string;
  model?: AnyModel;
  mode?: Mode;
  /** The API's filter, as JSON text. */
  filter?: string;
}
export interface PaymentsSearch {
  mode?: Mode;
  show?: 'unattributed';
}

// The router's own rendering turns "123" into a number and quotes strings; ours is the browser's.
export const parseSearch = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text));
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') params.set(name, value);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * The router lays what a page read over what the address said: what the page left out would stay as it was written.
 * Naming it undefined takes it off.
 */
export const strictly =
  <T extends object>(read: (raw: Record<string, unknown>) => T) =>
  (raw: Record<string, unknown>): T => ({
    ...Object.fromEntries(Object.keys(raw).map((name) => [name, undefined])),
    ...read(raw),
  });

export const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((item) => item === value);
const MODES = ['live', 'test'] as const;

export function overviewSearch(raw: Record<string, unknown>): OverviewSearch {
  const search: OverviewSearch = {};
  const range = oneOf(raw.range, Object.keys(RANGES) as RangeName[]);
  const from = String(raw.from);
  const to = String(raw.to);
  if (range === 'custom') {
    if (isDay(from) && isDay(to))
      Object.assign(search, from <= to ? { range, from, to } : { range, from: to, to: from });
  } else if (range && range !== '30d') search.range = range;
  const model = oneOf(raw.model, ANY_MODELS);
  if (model && model !== 'first_touch') search.model = model;
  const mode = oneOf(raw.mode, MODES);
  if (mode) search.mode = mode;
  if (typeof raw.filter === 'string' && parseFilters(raw.filter).length > 0) search.filter = raw.filter;
  return search;
}

export function paymentsSearch(raw: Record<string, unknown>): PaymentsSearch {
  const search: PaymentsSearch = {};
  const mode = oneOf(raw.mode, MODES);
  if (mode) search.mode = mode;
  if (raw.show === 'unattributed') search.show = 'unattributed';
  return search;
}

/** Where to go after signing in: a page of the dashboard, never another site ('//evil.example' is one). */
export function signInSearch(raw: Record<string, unknown>): { next?: string } {
  const { next } = raw;
  return typeof next === 'string' && /^\/sites\/[\w-]/.test(next) ? { next } : {};
}

export const daysOfSearch = (search: OverviewSearch, today: string): Days =>
  search.range === 'custom' && search.from && search.to
    ? { from: search.from, to: search.to }
    : daysOf(search.range && search.range !== 'custom' ? search.range : '30d', today);

/** Reads a hand-edited address too: what is not a filter is dropped, with all that stands beside it. */
export function parseFilters(text: string | undefined): FilterNode[] {
  if (!text) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  const read = readFilters(parsed);
  return 'filters' in read ? read.filters : [];
}

export const filterText = (filters: readonly FilterNode[]): string | undefined =>
  filters.length === 0 ? undefined : JSON.stringify(filters);

/** Adds `dimension is value`, replacing what the dimension was filtered by; the same value again takes it off. */
export function toggleFilter(text: string | undefined, dimension: Filter[0], value: string): string | undefined {
  const filters = parseFilters(text);
  const others = filters.filter(([name]) => name !== dimension);
  const isSet = filters.some((node) => JSON.stringify(node) === JSON.stringify([dimension, 'is', [value]]));
  return filterText(isSet ? others : [...others, [dimension, 'is', [value]]]);
}
