import type { Filter } from '../../core/report.ts';
import { dimensionName, valueName } from '../words.ts';
import { CloseIcon } from './icons.tsx';

const OPERATORS = { is: 'is', is_not: 'is not', contains: 'contains' } as const;

export function FilterChips({
  filters,
  onChange,
}: {
  filters: readonly Filter[];
  onChange: (filters: readonly Filter[]) => void;
}) {
  if (filters.length === 0) return null;
  return (
    <ul className="flex flex-wrap items-center gap-2" aria-label="Filters" data-testid="filters">
      {filters.map((filter) => {
        const [dimension, operator, values] = filter;
        const text = values.map((value) => valueName(value, dimension)).join(' or ');
        return (
          <li
            key={`${dimension} ${operator}`}
            className="inline-flex max-w-full items-center rounded-lg bg-accent-soft py-1 pr-1 pl-2.5 text-[0.9rem]"
          >
            <span className="text-muted">
              {dimensionName(dimension)} {OPERATORS[operator]}&nbsp;
            </span>
            <span className="truncate font-medium" title={values.join(', ')}>
              {text}
            </span>
            <button
              type="button"
              className="ml-1 grid size-6 place-items-center rounded-md hover:bg-panel"
              aria-label={`Remove filter: ${dimensionName(dimension)} ${OPERATORS[operator]} ${text}`}
              data-testid={`filter-remove-${dimension}`}
              onClick={() => onChange(filters.filter((other) => other !== filter))}
            >
              <CloseIcon />
            </button>
          </li>
        );
      })}
      {filters.length > 1 ? (
        <li>
          <button type="button" className="text-link px-1 text-[0.9rem]" onClick={() => onChange([])}>
            Clear all
          </button>
        </li>
      ) : null}
    </ul>
  );
}
