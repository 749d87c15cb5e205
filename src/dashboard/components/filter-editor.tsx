import { useState } from 'react';
import { FILTER_OPERATORS } from '../../core/report.ts';
import type { Dimension, Filter, FilterNode, FilterOperator } from '../../core/report.ts';
import { OPERATOR_NAMES, nodeOf } from '../filters.ts';
import { dimensionName } from '../words.ts';
import { Button, INPUT } from './controls.tsx';
import { FilterValues } from './filter-values.tsx';
import type { FilterContext } from './filter-values.tsx';
import { CloseIcon } from './icons.tsx';

interface Draft {
  id: number;
  dimension: Dimension;
  operator: FilterOperator;
  values: readonly string[];
  /** Typed, and not yet taken as a value. */
  typed: string;
}

const ALTERNATIVES_MAX = 5;

/** One chip: a condition, or a few of which one is enough. */
export function FilterEditor({
  alternatives,
  context,
  onApply,
}: {
  alternatives: readonly Filter[];
  context: FilterContext;
  onApply: (node: FilterNode | null) => void;
}) {
  const [drafts, setDrafts] = useState<Draft[]>(() =>
    alternatives.map(([dimension, operator, values], id) => ({ id, dimension, operator, values, typed: '' })),
  );
  const [activeId, setActive] = useState(0);
  const change = (id: number, changed: Partial<Draft>) =>
    setDrafts((all) => all.map((draft) => (draft.id === id ? { ...draft, ...changed } : draft)));
  const another = () => {
    const id = Math.max(...drafts.map((draft) => draft.id)) + 1;
    setDrafts([...drafts, { ...drafts.at(-1)!, id, values: [], typed: '' }]);
    setActive(id);
  };
  return (
    <form
      className="flex w-[26rem] max-w-[calc(100vw-48px)] flex-col gap-3"
      data-testid="filter-editor"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(nodeOf(drafts.map(conditionOf)));
      }}
    >
      {drafts.map((draft, index) => (
        <fieldset key={draft.id} className="flex flex-col gap-2" onFocus={() => setActive(draft.id)}>
          <legend className="sr-only">Condition {index + 1}</legend>
          {index > 0 ? (
            <div className="label flex items-center gap-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
              or
            </div>
          ) : null}
          <DraftRow
            draft={draft}
            context={context}
            isActive={draft.id === activeId}
            onChange={(changed) => change(draft.id, changed)}
            onRemove={drafts.length > 1 ? () => setDrafts(drafts.filter((one) => one !== draft)) : null}
          />
        </fieldset>
      ))}
      <div className="flex items-center justify-between gap-3 border-t border-line pt-3">
        {drafts.length < ALTERNATIVES_MAX ? (
          <button type="button" className="text-link text-[0.9rem]" onClick={another} data-testid="filter-or">
            or another condition
          </button>
        ) : (
          <span className="label">At most {ALTERNATIVES_MAX} conditions</span>
        )}
        <Button type="submit" look="primary" data-testid="filter-apply">
          Apply
        </Button>
      </div>
    </form>
  );
}

function conditionOf({ dimension, operator, values, typed }: Draft): Filter {
  const last = typed.trim();
  return [dimension, operator, last === '' || values.includes(last) ? values : [...values, last]];
}

function DraftRow({
  draft,
  context,
  isActive,
  onChange,
  onRemove,
}: {
  draft: Draft;
  context: FilterContext;
  /** What is written in: only there values are suggested, so that the panel stays small. */
  isActive: boolean;
  onChange: (changed: Partial<Draft>) => void;
  onRemove: (() => void) | null;
}) {
  return (
    <>
      <div className="flex items-center gap-2">
        <select
          aria-label="Dimension"
          className={`${INPUT} min-w-0 flex-1`}
          value={draft.dimension}
          onChange={(event) => onChange({ dimension: event.target.value as Dimension, values: [], typed: '' })}
        >
          {context.dimensions.map((dimension) => (
            <option key={dimension} value={dimension}>
              {dimensionName(dimension)}
            </option>
          ))}
        </select>
        <select
          aria-label="Operator"
          className={`${INPUT} min-w-0 flex-1`}
          value={draft.operator}
          onChange={(event) => onChange({ operator: event.target.value as FilterOperator })}
        >
          {FILTER_OPERATORS.map((operator) => (
            <option key={operator} value={operator}>
              {OPERATOR_NAMES[operator]}
            </option>
          ))}
        </select>
        {onRemove ? (
          <button
            type="button"
            className="grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-sunk hover:text-ink"
            aria-label="Remove this condition"
            onClick={onRemove}
          >
            <CloseIcon />
          </button>
        ) : null}
      </div>
      <FilterValues
        dimension={draft.dimension}
        values={draft.values}
        typed={draft.typed}
        isWhole={draft.operator === 'is' || draft.operator === 'is_not'}
        context={context}
        isActive={isActive}
        onChange={onChange}
      />
    </>
  );
}
