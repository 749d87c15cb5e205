import { useQuery } from '@tanstack/react-query';
import type { RatesAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';
import { ratesQuery } from '../queries.ts';
import { formatDays, formatMoment } from '../time.ts';
import { ErrorNote, Note, Skeleton } from './states.tsx';

/** What the reporting currency rests on: the rates that are known, and the money none of them could convert. */
export function SiteRates({ site, timezone }: { site: string; timezone: string }) {
  const rates = useQuery(ratesQuery(site));
  return (
    <section
      className="panel mt-4 flex max-w-lg flex-col gap-3 p-5"
      aria-label="Reporting currency"
      data-testid="rates"
    >
      <h2 className="font-semibold">Reporting currency</h2>
      <p className="label">
        Money in other currencies is counted as Stripe settled it; where Stripe settled in another currency, by the
        exchange rate of its day. What neither tells stands apart.
      </p>
      {rates.data ? (
        <Status rates={rates.data} timezone={timezone} />
      ) : rates.error ? (
        <ErrorNote error={rates.error} retry={() => void rates.refetch()} />
      ) : (
        <div aria-busy="true">
          <Skeleton className="h-16 w-full" />
        </div>
      )}
    </section>
  );
}

function Status({ rates, timezone }: { rates: RatesAnswer; timezone: string }) {
  const { known, feed, unconverted } = rates;
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1 break-words">
        <dt className="label">Rates known</dt>
        <dd data-testid="rates-known">{known ? formatDays(known) : 'none'}</dd>
        <dt className="label">Feed</dt>
        <dd data-testid="rates-feed">{feedText(feed, timezone)}</dd>
        <dt className="label">Apart, not converted</dt>
        <dd data-testid="rates-unconverted">
          {unconverted.length === 0
            ? 'nothing'
            : unconverted.map(({ currency, revenue }) => formatMoney(revenue, currency)).join(' · ')}
        </dd>
      </dl>
      {feed?.error ? (
        <Note tone="down" testId="rates-error">
          The rates could not be fetched: {feed.error}
        </Note>
      ) : null}
      {unconverted.length > 0 ? (
        <p className="label">
          Import rates of those days: <code className="font-mono text-ink">headwater rates import FILE</code>. The
          payments are then credited again.
        </p>
      ) : null}
    </>
  );
}

function feedText(feed: RatesAnswer['feed'], timezone: string): string {
  if (feed === null) return 'none; set HEADWATER_RATES_URL';
  return feed.fetched_at === null ? 'not read yet' : `read ${formatMoment(feed.fetched_at, timezone)}`;
}
