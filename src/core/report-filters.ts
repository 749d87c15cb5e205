import { DIMENSIONS, FILTER_OPERATORS } from './report.ts';
import type { Filter, FilterGroup, FilterNode, FilterOperator } from './report.ts';

/**
 * Filters of a report, as data: conditions on labels, joined by and/or. Who reads them folds them, so that the store's SQL,
 * credits computed on request and the tests' own arithmetic agree on what a filter says.
 */

/** Other names that are read as one of the operators. */
export const OPERATOR_ALIASES = { one_of: 'is' } as const satisfies Record<string, FilterOperator>;

export const FILTERS_MAX = 20;
export const FILTER_DEPTH_MAX = 4;
export const FILTER_VALUES_MAX = 100;
export const FILTER_VALUE_LENGTH_MAX = 500;

export const isGroup = (node: FilterNode): node is FilterGroup => node[0] === 'and' || node[0] === 'or';

/**
 * One value out of a list of filters, all of which must hold. `leaf` is told each condition with its number: they are
 * counted in the order they are read.
 */
export function foldFilters<T>(
  nodes: readonly FilterNode[],
  leaf: (filter: Filter, index: number) => T,
  join: (joined: 'and' | 'or', parts: T[]) => T,
): T {
  let index = 0;
  const fold = (node: FilterNode): T => {
    if (!isGroup(node)) return leaf(node, index++);
    const [joined, ...parts] = node;
    return join(joined, parts.map(fold));
  };
  return join('and', nodes.map(fold));
}

/** Every condition, in the order it is read. */
export function conditionsIn(nodes: readonly FilterNode[]): Filter[] {
  return foldFilters<Filter[]>(
    nodes,
    (filter) => [filter],
    (_, parts) => parts.flat(),
  );
}

const EXAMPLE = 'write [["source","is",["google"]]], or ["or", filter, filter]';

/** What somebody wrote, as filters; or what is wrong with it, as the rest of a sentence about the filter. */
export function readFilters(written: unknown): { filters: FilterNode[] } | { problem: string } {
  if (!Array.isArray(written)) return { problem: `is not a list of filters; ${EXAMPLE}` };
  try {
    const list = isJoin(written[0]) ? [written] : (written as unknown[]);
    const filters = list.map((one) => readNode(one, 1));
    const count = conditionsIn(filters).length;
    if (count > FILTERS_MAX) return { problem: `holds ${count} filters; at most ${FILTERS_MAX}` };
    return { filters };
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

class Unreadable extends Error {}

const isJoin = (value: unknown): value is 'and' | 'or' => value === 'and' || value === 'or';

function readNode(written: unknown, depth: number): FilterNode {
  if (!Array.isArray(written)) throw new Unreadable(`holds something else; ${EXAMPLE}`);
  const [first, ...rest] = written as unknown[];
  if (!isJoin(first)) return readCondition(written);
  if (depth > FILTER_DEPTH_MAX) throw new Unreadable(`is nested deeper than ${FILTER_DEPTH_MAX} groups`);
  if (rest.length === 0) throw new Unreadable(`holds an "${first}" of nothing; put at least one filter into it`);
  if (rest.length > FILTERS_MAX) throw new Unreadable(`holds ${rest.length} filters; at most ${FILTERS_MAX}`);
  return [first, ...rest.map((one) => readNode(one, depth + 1))];
}

function readCondition(written: readonly unknown[]): Filter {
  if (written.length !== 3) throw new Unreadable(`holds something else; ${EXAMPLE}`);
  const [dimension, operator, values] = written;
  return [known(dimension, DIMENSIONS), readOperator(operator), readValues(values)];
}

function readOperator(written: unknown): FilterOperator {
  if (typeof written === 'string' && Object.hasOwn(OPERATOR_ALIASES, written)) {
    return OPERATOR_ALIASES[written as keyof typeof OPERATOR_ALIASES];
  }
  return known(written, FILTER_OPERATORS);
}

function known<T extends string>(written: unknown, names: readonly T[]): T {
  const found = names.find((name) => name === written);
  if (found !== undefined) return found;
  const text = typeof written === 'string' && written !== '' ? written : '(empty)';
  throw new Unreadable(`"${text.length > 64 ? `${text.slice(0, 64)}…` : text}" is not known; use ${names.join(', ')}`);
}

function readValues(written: unknown): string[] {
  const list: unknown = typeof written === 'string' ? [written] : written;
  if (!Array.isArray(list) || list.length === 0 || list.length > FILTER_VALUES_MAX) {
    throw new Unreadable(`needs 1 to ${FILTER_VALUES_MAX} values to compare with`);
  }
  if (list.some((value) => typeof value !== 'string' || value.length > FILTER_VALUE_LENGTH_MAX)) {
    throw new Unreadable(`compares with texts of at most ${FILTER_VALUE_LENGTH_MAX} characters only`);
  }
  return list as string[];
}
