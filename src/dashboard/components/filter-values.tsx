import { useQuery } from '@tanstack/react-query';
import type { KeyboardEvent } from 'react';
import type { Dimension } from '../../core/report.ts';
import type { Params } from '../api.ts';
import { formatCount } from '../money.ts';
import { reportQuery } from '../queries.ts';
import { valueName } from '../words.ts';
import { INPUT } from './controls.tsx';
import { CloseIcon } from './icons.tsx';

const SUGGESTIONS = 6;

/** What may be filtered by, and what suggestions are asked with: the site and the days of the page. */
export interface FilterContext {
  siteId: string;
  asked: Params;
  dimensions: readonly Dimension[];
}

/** The values of a condition: taken from what the days had, or typed. */
export function FilterValues({
  dimension,
  values,
  typed,
  isWhole,
  context,
  isActive,
  onChange,
}: {
  dimension: Dimension;
  values: readonly string[];
  typed: string;
  /** Compared as a whole, so that what there is can be suggested. */
  isWhole: boolean;
  context: FilterContext;
  isActive: boolean;
  onChange: (changed: { values?: readonly string[]; typed?: string }) => void;
}) {
  const { siteId, asked } = context;
  const question = { ...asked, metrics: 'visitors,revenue', dimensions: dimension, order: '-visitors', limit: 100 };
  const known = useQuery({ ...reportQuery(siteId, question), refetchInterval: false, enabled: isWhole });
  // While another dimension is asked for, the rows are still those of the one before.
  const rows = (known.isPlaceholderData ? [] : (known.data?.rows ?? []))
    .map((row) => ({ value: String(row[dimension]), visitors: Number(row.visitors ?? 0) }))
    .filter(({ value }) => value !== '(other)');
  const take = (value: string) => onChange({ values: [...new Set([...values, value])], typed: '' });
  const wanted = typed.trim().toLowerCase();
  const matching = rows.filter(
    ({ value }) => !values.includes(value) && `${value} ${valueName(value, dimension)}`.toLowerCase().includes(wanted),
  );

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Backspace' && typed === '' && values.length > 0) onChange({ values: values.slice(0, -1) });
    if (event.key !== 'Enter' || wanted === '') return;
    // With nothing typed, Enter applies.
    event.preventDefault();
    const named = rows.find(({ value }) => valueName(value, dimension).toLowerCase() === wanted);
    take(isWhole && named ? named.value : typed.trim());
  }

  return (
    <div className="flex flex-col gap-1.5">
      <Chosen dimension={dimension} values={values} onChange={(next) => onChange({ values: next })} />
      <input
        aria-label="Value"
        data-testid="filter-value"
        className={INPUT}
        value={typed}
        maxLength={500}
        placeholder={placeholderOf(isWhole, values.length)}
        onChange={(event) => onChange({ typed: event.target.value })}
        onKeyDown={onKeyDown}
      />
      {isWhole && isActive ? <Suggestions dimension={dimension} rows={matching} onTake={take} /> : null}
    </div>
  );
}

function placeholderOf(isWhole: boolean, count: number): string {
  if (count > 0) return 'or another value';
  return isWhole ? 'Choose, or type a value' : 'Type a part of it';
}

function Chosen({
  dimension,
  values,
  onChange,
}: {
  dimension: Dimension;
  values: readonly string[];
  onChange: (values: readonly string[]) => void;
}) {
  if (values.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-1.5" aria-label="Values">
      {values.map((value) => (
        <li
          key={value}
          className="inline-flex max-w-full items-center rounded-md bg-accent-soft py-0.5 pr-0.5 pl-2 text-[0.9rem]"
        >
          <span className="truncate" title={value}>
            {valueName(value, dimension)}
          </span>
          <button
            type="button"
            className="ml-0.5 grid size-6 shrink-0 place-items-center rounded-md hover:bg-panel"
            aria-label={`Remove ${valueName(value, dimension)}`}
            onClick={() => onChange(values.filter((one) => one !== value))}
          >
            <CloseIcon />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Suggestions({
  dimension,
  rows,
  onTake,
}: {
  dimension: Dimension;
  rows: readonly { value: string; visitors: number }[];
  onTake: (value: string) => void;
}) {
  if (rows.length === 0) return null;
  return (
    <ul className="-mx-1" aria-label="Suggestions">
      {rows.slice(0, SUGGESTIONS).map(({ value, visitors }) => (
        <li key={value}>
          <button
            type="button"
            className="flex w-full items-baseline justify-between gap-3 rounded-md px-2.5 py-1 text-left hover:bg-sunk"
            data-testid="filter-suggestion"
            onClick={() => onTake(value)}
          >
            <span className="min-w-0 truncate" title={value}>
              {valueName(value, dimension)}
            </span>
            <span className="label shrink-0 tabular-nums">{visitors > 0 ? formatCount(visitors) : ''}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
