import type { HistoryAnswer } from '../../http/contract.ts';
import { formatDuration, formatMoment } from '../time.ts';
import { LIST_NAMES } from '../words.ts';

type Gap = HistoryAnswer['gaps'][number];

/** Times in which webhooks should have come and did not, and what was read instead. */
export function Gaps({ gaps, timezone }: { gaps: readonly Gap[]; timezone: string }) {
  return (
    <section className="panel overflow-hidden" aria-label="Holes" data-testid="gaps">
      <div className="px-4 pt-4 pb-3 sm:px-5">
        <h2 className="font-semibold">Holes in the webhooks</h2>
        <p className="mt-1 text-muted">
          When an event is read from Stripe that its webhook never brought, the time is written down here.
        </p>
      </div>
      {gaps.length === 0 ? (
        <p className="border-t border-line px-4 py-6 text-center text-muted sm:px-5" data-testid="gaps-none">
          None was found.
        </p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {gaps.map((gap) => (
            <GapRow key={`${gap.connection} ${gap.from} ${gap.by}`} gap={gap} timezone={timezone} />
          ))}
        </ul>
      )}
    </section>
  );
}

function GapRow({ gap, timezone }: { gap: Gap; timezone: string }) {
  const lengthMs = Date.parse(gap.to) - Date.parse(gap.from);
  const brought = Object.entries(gap.brought).toSorted((a, b) => b[1] - a[1]);
  return (
    <li className="px-4 py-3 sm:px-5" data-testid="gap">
      <p className="flex flex-wrap gap-x-2">
        <span className="font-medium">
          <time dateTime={gap.from}>{formatMoment(gap.from, timezone)}</time>
          {' – '}
          <time dateTime={gap.to}>{formatMoment(gap.to, timezone)}</time>
        </span>
        <span className="label self-center">{formatDuration(lengthMs)}</span>
      </p>
      <p className="text-[0.9rem] text-muted">
        {gap.by === 'events'
          ? 'Read from Stripe’s list of events'
          : 'Older than Stripe keeps events: read from its lists'}
        {', found '}
        {formatMoment(gap.found_at, timezone)}.
      </p>
      {brought.length > 0 ? (
        <ul className="mt-1.5 flex flex-wrap gap-1.5 text-[0.85rem]" aria-label="What it brought back">
          {brought.map(([what, count]) => (
            <li key={what} className="rounded-md bg-sunk px-1.5 py-0.5">
              <span className="figure font-medium">{count}</span> {LIST_NAMES[what]?.toLowerCase() ?? what}
            </li>
          ))}
        </ul>
      ) : (
        <p className="label mt-1">Being read.</p>
      )}
    </li>
  );
}
