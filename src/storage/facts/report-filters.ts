import { conditionsIn, foldFilters } from '../../core/report-filters.ts';
import type { Filter, FilterNode } from '../../core/report.ts';
import { labelOf, type Sql, type Vocabulary } from './report-dimensions.ts';

/**
 * Filters as SQL: data in, conditions out. They compare with what rows are called, so every family of tables says its labels
 * by its vocabulary and knows nothing else of filters. Values are bound; names come from closed lists.
 */

/** ` AND …`, or nothing without filters. */
export function filterSql(filters: readonly FilterNode[], vocabulary: Vocabulary): Sql {
  const condition = foldFilters(
    filters,
    (filter, index) => conditionSql(filter, index, vocabulary),
    (joined, parts) => (parts.length === 0 ? '' : `(${parts.join(joined === 'or' ? ' OR ' : ' AND ')})`),
  );
  return { text: condition === '' ? '' : ` AND ${condition}`, params: filterParams(filters) };
}

/** One condition; its values are bound by filterParams. */
export function conditionSql([dimension, operator]: Filter, index: number, vocabulary: Vocabulary): string {
  const label = labelOf(dimension, vocabulary);
  const values = `{filter${index}:Array(String)}`;
  const contains = `multiSearchAnyCaseInsensitiveUTF8(${label}, ${values})`;
  if (operator === 'contains') return contains;
  if (operator === 'does_not_contain') return `NOT ${contains}`;
  return operator === 'is' ? `has(${values}, ${label})` : `NOT has(${values}, ${label})`;
}

export function filterParams(filters: readonly FilterNode[]): Record<string, unknown> {
  return Object.fromEntries(conditionsIn(filters).map(([, , values], index) => [`filter${index}`, values]));
}
