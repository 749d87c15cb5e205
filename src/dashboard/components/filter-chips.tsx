import { Fragment } from 'react';
import type { ReactNode } from 'react';
import type { Filter, FilterNode } from '../../core/report.ts';
import { alternativesOf, conditionWords, nodeText } from '../filters.ts';
import { TOOL } from './controls.tsx';
import { FilterEditor } from './filter-editor.tsx';
import type { FilterContext } from './filter-values.tsx';
import { CloseIcon, FunnelIcon } from './icons.tsx';
import { PanelMenu } from './menu.tsx';

/** All chips hold at once; within a chip one of its conditions is enough. */
export function FilterChips({
  filters,
  context,
  onChange,
}: {
  filters: readonly FilterNode[];
  context: FilterContext;
  onChange: (filters: readonly FilterNode[]) => void;
}) {
  if (filters.length === 0) return null;
  return (
    <ul className="flex flex-wrap items-center gap-2" aria-label="Filters" data-testid="filters">
      {filters.map((node, index) => (
        <li
          key={JSON.stringify(node)}
          className="inline-flex max-w-full items-center rounded-lg bg-accent-soft pr-1 text-[0.9rem]"
        >
          <Chip
            node={node}
            context={context}
            onChange={(next) => onChange(filters.flatMap((one, at) => (at === index ? (next ? [next] : []) : [one])))}
          />
          <button
            type="button"
            className="grid size-6 shrink-0 place-items-center rounded-md hover:bg-panel"
            aria-label={`Remove filter: ${nodeText(node)}`}
            data-testid={`filter-remove-${node[0]}`}
            onClick={() => onChange(filters.filter((other) => other !== node))}
          >
            <CloseIcon />
          </button>
        </li>
      ))}
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

function Chip({
  node,
  context,
  onChange,
}: {
  node: FilterNode;
  context: FilterContext;
  onChange: (node: FilterNode | null) => void;
}) {
  const alternatives = alternativesOf(node);
  const words = <Words node={node} alternatives={alternatives} />;
  const shape = 'flex min-w-0 items-baseline py-1 pl-2.5 pr-1 text-left';
  if (alternatives === null) {
    return (
      <span className={shape} title={nodeText(node)}>
        {words}
      </span>
    );
  }
  return (
    <EditorPopover alternatives={alternatives} context={context} onApply={onChange}>
      <button
        type="button"
        className={`${shape} rounded-lg hover:text-accent`}
        title={nodeText(node)}
        aria-label={`Change filter: ${nodeText(node)}`}
        data-testid={`filter-chip-${node[0]}`}
      >
        {words}
      </button>
    </EditorPopover>
  );
}

function Words({ node, alternatives }: { node: FilterNode; alternatives: readonly Filter[] | null }) {
  if (alternatives === null) return <span className="truncate font-medium">{nodeText(node)}</span>;
  return (
    <span className="truncate">
      {alternatives.map((one, index) => {
        const { about, values } = conditionWords(one, alternatives.length === 1);
        return (
          <Fragment key={JSON.stringify(one)}>
            {index > 0 ? <span className="text-muted italic"> or </span> : null}
            <span className="text-muted">{about}</span> <span className="font-medium">{values}</span>
          </Fragment>
        );
      })}
    </span>
  );
}

/** Opens the editor of one more chip. */
export function AddFilter({ context, onAdd }: { context: FilterContext; onAdd: (node: FilterNode) => void }) {
  const [dimension] = context.dimensions;
  if (dimension === undefined) return null;
  return (
    <EditorPopover
      alternatives={[[dimension, 'is', []]]}
      context={context}
      onApply={(node) => (node ? onAdd(node) : undefined)}
    >
      <button type="button" className={TOOL} data-testid="filter-add">
        <FunnelIcon />
        <span>Filter</span>
      </button>
    </EditorPopover>
  );
}

function EditorPopover({
  alternatives,
  context,
  onApply,
  children,
}: {
  alternatives: readonly Filter[];
  context: FilterContext;
  onApply: (node: FilterNode | null) => void;
  children: ReactNode;
}) {
  return (
    <PanelMenu className="max-h-[80dvh] overflow-y-auto p-3" trigger={children}>
      {(closing) => <FilterEditor alternatives={alternatives} context={context} onApply={closing(onApply)} />}
    </PanelMenu>
  );
}
