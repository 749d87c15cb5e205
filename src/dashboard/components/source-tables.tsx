import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isGroup } from '../../core/report-filters.ts';
import { ROWS_MAX } from '../../core/report.ts';
import type { Dimension, FilterNode } from '../../core/report.ts';
import { addressOf } from '../api.ts';
import type { Params } from '../api.ts';
import { pathOf, reportQuery } from '../queries.ts';
import type { OverviewSearch } from '../search.ts';
import { toggleFilter } from '../search.ts';
import { BREAKDOWN_ROWS, Breakdown, BreakdownSkeleton } from './breakdown.tsx';
import { ErrorNote } from './states.tsx';
import type { Change } from './toolbar.tsx';

const TABLES: readonly { dimension: Dimension; title: string }[] = [
  { dimension: 'source', title: 'Sources' },
  { dimension: 'channel', title: 'Channels' },
  { dimension: 'campaign', title: 'Campaigns' },
  { dimension: 'landing_page', title: 'Landing pages' },
];

/** With a byte order mark: most people open it in Excel. */
const AS_FILE = { limit: ROWS_MAX, format: 'csv', bom: 'true' };

interface Context {
  siteId: string;
  asked: Params;
  filters: readonly FilterNode[];
  search: OverviewSearch;
  onChange: Change;
}

export function SourceTables(context: Context) {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {TABLES.map(({ dimension, title }) => (
        <SourceTable key={dimension} dimension={dimension} title={title} {...context} />
      ))}
    </div>
  );
}

function SourceTable({
  dimension,
  title,
  siteId,
  asked,
  filters,
  search,
  onChange,
}: Context & { dimension: Dimension; title: string }) {
  const [isExpanded, setExpanded] = useState(false);
  const question = { ...asked, metrics: 'visitors,customers,revenue', dimensions: dimension, order: '-revenue' };
  const report = useQuery(reportQuery(siteId, { ...question, limit: 100 }));
  const chosen = filters.flatMap((node) =>
    !isGroup(node) && node[0] === dimension && node[1] === 'is' ? node[2] : [],
  );
  const count = report.data?.rows.length ?? 0;
  return (
    <section
      className="panel flex flex-col lg:min-h-[19rem] overflow-hidden"
      aria-label={title}
      data-testid={`table-${dimension}`}
    >
      <div className="flex items-baseline justify-between px-4 pt-4 pb-2 sm:px-5">
        <h2 className="font-semibold">{title}</h2>
        <span className="flex gap-3">
          {count > 0 ? (
            <a
              className="text-link text-[0.87rem]"
              href={addressOf(pathOf(siteId, '/report'), { ...question, ...AS_FILE })}
              download
              aria-label={`Download ${title.toLowerCase()} as CSV`}
              data-testid={`csv-${dimension}`}
            >
              CSV
            </a>
          ) : null}
          {count > BREAKDOWN_ROWS + 1 ? (
            <button
              type="button"
              className="text-link text-[0.87rem]"
              aria-expanded={isExpanded}
              aria-label={isExpanded ? `Show fewer ${title.toLowerCase()}` : `Show all ${title.toLowerCase()}`}
              onClick={() => setExpanded(!isExpanded)}
            >
              {isExpanded ? 'Show fewer' : 'Show all'}
            </button>
          ) : null}
        </span>
      </div>
      {report.data ? (
        <div className={`flex flex-1 flex-col ${report.isPlaceholderData ? 'settling' : ''}`}>
          <Breakdown
            answer={report.data}
            dimension={dimension}
            siteId={siteId}
            chosen={chosen}
            isExpanded={isExpanded}
            onChoose={(value) => onChange({ filter: toggleFilter(search.filter, dimension, value) })}
          />
        </div>
      ) : report.error ? (
        <ErrorNote error={report.error} retry={() => void report.refetch()} />
      ) : (
        <BreakdownSkeleton />
      )}
    </section>
  );
}
