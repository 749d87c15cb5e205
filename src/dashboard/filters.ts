import { isGroup } from '../core/report-filters.ts';
import { canSplit } from '../core/report-scope.ts';
import { DIMENSIONS } from '../core/report.ts';
import type { Dimension, Filter, FilterNode, FilterOperator, Metric } from '../core/report.ts';
import { dimensionName, valueName } from './words.ts';

/** Filters as people read and make them: chips that all hold, each a condition or a few of which one is enough. */
export const OPERATOR_NAMES: Record<FilterOperator, string> = {
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  does_not_contain: 'does not contain',
};

/** Days are chosen above the page. */
const TIMES: readonly Dimension[] = ['hour', 'day', 'week', 'month'];
export const filterable = (metrics: readonly Metric[]): Dimension[] =>
  DIMENSIONS.filter((one) => !TIMES.includes(one) && metrics.every((metric) => canSplit(one, metric)));

/** "Source is" and "google or Direct"; among others, "google, Direct". */
export function conditionWords([dimension, operator, values]: Filter, isAlone = true) {
  return {
    about: `${dimensionName(dimension)} ${OPERATOR_NAMES[operator]}`,
    values: values.map((value) => valueName(value, dimension)).join(isAlone ? ' or ' : ', '),
  };
}

export function nodeText(node: FilterNode, isAlone = true): string {
  if (!isGroup(node)) return Object.values(conditionWords(node, isAlone)).join(' ');
  const [joined, ...parts] = node;
  const texts = parts.map((part) => (isGroup(part) ? `(${nodeText(part, false)})` : nodeText(part, false)));
  return texts.join(` ${joined} `);
}

/** The conditions of a chip of which one is enough; null: written by hand, and deeper than chips are. */
export function alternativesOf(node: FilterNode): Filter[] | null {
  if (!isGroup(node)) return [node];
  const [joined, ...parts] = node;
  const conditions = parts.filter((part) => !isGroup(part));
  return conditions.length < parts.length || (joined === 'and' && parts.length > 1) ? null : conditions;
}

/** null: nothing is left to filter by. */
export function nodeOf(alternatives: readonly Filter[]): FilterNode | null {
  const [first, ...others] = alternatives.filter(([, , values]) => values.length > 0);
  if (!first) return null;
  return others.length === 0 ? first : ['or', first, ...others];
}
