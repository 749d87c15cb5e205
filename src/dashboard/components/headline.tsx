import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ReportAnswer } from '../../http/contract.ts';
import { formatCount, formatCoverage, formatMoney } from '../money.ts';
import { DownIcon, UpIcon } from './icons.tsx';
import { Skeleton } from './states.tsx';

type Totals = ReportAnswer['totals'];
const numberOf = (totals: Totals | undefined, name: string): number | null => {
  const value = totals?.[name];
  return typeof value === 'number' ? value : null;
};

/** Change against the period before: relative, except for shares, whose change is in points. */
function Delta({
  now,
  before,
  asPoints = false,
  shown,
}: {
  now: number | null;
  before: number | null;
  asPoints?: boolean;
  shown: (value: number) => string;
}) {
  if (now === null) return <span className="label">no revenue to cover</span>;
  if (before === null) return <span className="label">no revenue before</span>;
  const title = `Previous period: ${shown(before)}`;
  if (before === now) {
    return (
      <span className="label" title={title}>
        unchanged
      </span>
    );
  }
  const isUp = now > before;
  // Out of nearly nothing a percentage has five digits and says less than where it came from.
  const isFromNothing = Math.abs(now) > 10 * Math.abs(before);
  const change = asPoints ? (now - before) * 100 : isFromNothing ? null : ((now - before) / Math.abs(before)) * 100;
  const size =
    change === null
      ? `from ${shown(before)}`
      : `${Math.abs(change).toFixed(Math.abs(change) < 10 ? 1 : 0)}${asPoints ? ' points' : '%'}`;
  return (
    <span className="text-[0.8rem]" title={title}>
      <span className={`figure font-medium ${isUp ? 'text-up' : 'text-down'}`}>
        {isUp ? <UpIcon /> : <DownIcon />}
        <span className="sr-only">{isUp ? 'up' : 'down'}</span> {size}
      </span>
      {change === null ? null : <span className="text-muted"> vs {shown(before)}</span>}
    </span>
  );
}

function Cell({
  name,
  title,
  testId,
  children,
}: {
  name: string;
  title?: string;
  testId: string;
  children: ReactNode;
}) {
  return (
    <div
      className="relative flex min-w-0 flex-col gap-0.5 bg-panel px-4 py-3.5 sm:px-5 sm:py-4"
      title={title}
      data-testid={testId}
    >
      <dt className="label">{name}</dt>
      {children}
    </div>
  );
}

/** Long amounts are set smaller, and break behind their currency rather than run out of their cell. */
export function Figure({ text }: { text: string }) {
  const size =
    text.length > 16
      ? 'text-[1rem] sm:text-[1.25rem]'
      : text.length > 11
        ? 'text-[1.15rem] sm:text-[1.5rem]'
        : 'text-[1.45rem] sm:text-[1.85rem]';
  return (
    <dd className={`figure flex min-h-[1.85rem] items-end leading-tight font-semibold sm:min-h-[2.35rem] ${size}`}>
      <span className="min-w-0 break-words">{text.replaceAll('\u00a0', ' ')}</span>
    </dd>
  );
}

function Coverage({ share }: { share: number }) {
  return (
    <dd className="absolute inset-x-0 bottom-0" aria-hidden="true">
      <svg className="block h-1 w-full" viewBox="0 0 100 1" preserveAspectRatio="none">
        <rect width="100" height="1" className="fill-warn-line" />
        <rect width={Math.max(0, Math.min(100, share * 100))} height="1" className="fill-accent" />
      </svg>
    </dd>
  );
}

export function Headline({ answer, siteId }: { answer: ReportAnswer | undefined; siteId: string }) {
  if (!answer) return <HeadlineSkeleton />;
  const { totals, compare, currency } = answer;
  const money = (value: number) => formatMoney(value, currency);
  const cells = (name: string, shown: (value: number) => string, asPoints = false) => {
    const now = numberOf(totals, name);
    return (
      <>
        <Figure text={now === null ? '—' : shown(now)} />
        <dd>
          {compare ? (
            <Delta now={now} before={numberOf(compare.totals, name)} shown={shown} asPoints={asPoints} />
          ) : (
            <span className="label">no comparison</span>
          )}
        </dd>
      </>
    );
  };
  const coverage = numberOf(totals, 'coverage');
  return (
    <dl className="panel grid grid-cols-2 gap-px overflow-hidden bg-line lg:grid-cols-4">
      <Cell name="Visitors" testId="headline-visitors">
        {cells('visitors', formatCount)}
      </Cell>
      <Cell name="Customers" testId="headline-customers">
        {cells('customers', formatCount)}
      </Cell>
      <Cell name="Revenue" testId="headline-revenue">
        {cells('revenue', money)}
      </Cell>
      <Cell name="Coverage" title="The share of revenue whose source is known." testId="headline-coverage">
        {cells('coverage', formatCoverage, true)}
        {coverage === null ? null : <Coverage share={coverage} />}
        {coverage !== null && coverage < 1 ? (
          <dd className="absolute top-3.5 right-4 text-[0.8rem] sm:top-4 sm:right-5">
            <Link
              to="/sites/$siteId/coverage"
              params={{ siteId }}
              search={{ mode: answer.mode }}
              className="text-link"
              aria-label="What is not covered, and why"
              data-testid="coverage-why"
            >
              Why not all?
            </Link>
          </dd>
        ) : null}
      </Cell>
    </dl>
  );
}

function HeadlineSkeleton() {
  return (
    <div className="panel grid grid-cols-2 gap-px overflow-hidden bg-line lg:grid-cols-4" aria-busy="true">
      {['a', 'b', 'c', 'd'].map((key) => (
        <div key={key} className="flex h-[6.1rem] flex-col gap-2.5 bg-panel px-5 py-4">
          <Skeleton className="h-3.5 w-20" />
          <Skeleton className="h-7 w-32" />
          <Skeleton className="h-3.5 w-24" />
        </div>
      ))}
    </div>
  );
}

/** How revenue is made up: the sum an accountant would check first. */
export function RevenueSum({ answer }: { answer: ReportAnswer }) {
  const amount = (name: string): number => numberOf(answer.totals, name) ?? 0;
  const money = (value: number) => formatMoney(value, answer.currency);
  const parts = [
    ['Gross', '', amount('gross')],
    ['refunded', '−', amount('refunded')],
    ['disputed', '−', amount('disputed')],
    ['revenue', '=', amount('revenue')],
  ] as const;
  const others = Object.entries(answer.unconverted ?? {});
  return (
    <div className="label flex flex-wrap gap-x-5 gap-y-1 px-1" data-testid="revenue-sum">
      <p className="figure flex flex-wrap gap-x-2">
        {parts.map(([name, sign, value]) => (
          <span key={name} className="whitespace-nowrap">
            {sign} {name} <span className={name === 'revenue' ? 'font-medium text-ink' : ''}>{money(value)}</span>
          </span>
        ))}
      </p>
      {others.length > 0 ? (
        <p
          className="figure text-ink"
          data-testid="unconverted"
          title="Neither Stripe nor a known rate says it in the site’s currency: it is not added."
        >
          Apart, not converted:{' '}
          {others.map(([currency, metrics]) => formatMoney(metrics.revenue ?? 0, currency)).join(' · ')}
        </p>
      ) : null}
    </div>
  );
}
