import { useMutation } from '@tanstack/react-query';
import type { SpendAnswer } from '../../http/contract-spend.ts';
import { send } from '../api.ts';
import { pathOf } from '../queries.ts';
import { countOf, formatAmounts, PLATFORM_NAMES, showSpendAgain } from '../spend.ts';
import { formatDays, formatMoment } from '../time.ts';
import { Button } from './controls.tsx';
import { Badge, ErrorNote } from './states.tsx';

type Import = SpendAnswer['imports'][number];

export function SpendImports({
  imports,
  siteId,
  timezone,
}: {
  imports: readonly Import[];
  siteId: string;
  timezone: string;
}) {
  const undo = useMutation({
    mutationFn: (id: string) => send('DELETE', pathOf(siteId, `/spend/imports/${encodeURIComponent(id)}`)),
    onSettled: () => showSpendAgain(siteId),
  });
  if (imports.length === 0) return null;
  return (
    <section className="panel overflow-hidden" aria-label="Imports" data-testid="spend-imports">
      <h2 className="px-4 pt-4 pb-3 font-semibold sm:px-5">Imports</h2>
      <ul className="divide-y divide-line border-t border-line">
        {imports.map((one) => (
          <ImportRow
            key={one.id}
            row={one}
            timezone={timezone}
            isBusy={undo.isPending}
            onUndo={() => undo.mutate(one.id)}
          />
        ))}
      </ul>
      {undo.error ? <ErrorNote error={undo.error} /> : null}
    </section>
  );
}

function ImportRow({
  row,
  timezone,
  isBusy,
  onUndo,
}: {
  row: Import;
  timezone: string;
  isBusy: boolean;
  onUndo: () => void;
}) {
  const isUndone = row.state === 'undone';
  return (
    <li
      className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5"
      data-testid="spend-import"
      data-state={row.state}
    >
      <div className="min-w-0 flex-1 basis-56">
        <p className={`truncate font-medium ${isUndone ? 'text-muted line-through' : ''}`} title={row.name}>
          {row.name}
        </p>
        <p className="label">
          {PLATFORM_NAMES[row.platform]} · {formatDays({ from: row.from, to: row.to })} ·{' '}
          {countOf(row.campaigns, 'campaign')} · imported {formatMoment(row.created_at, timezone)}
        </p>
        {row.rejected > 0 ? (
          <p className="text-[0.87rem] text-warn">{countOf(row.rejected, 'line')} of the file left behind.</p>
        ) : null}
      </div>
      <span className={`figure font-medium ${isUndone ? 'text-muted line-through' : ''}`}>
        {formatAmounts(row.totals)}
      </span>
      {isUndone ? (
        <Badge>Undone</Badge>
      ) : (
        <Button
          onClick={onUndo}
          busy={isBusy}
          aria-label={`Undo the import of ${row.name}`}
          title="What was there before it is there again"
          data-testid="spend-undo"
        >
          Undo
        </Button>
      )}
    </li>
  );
}
