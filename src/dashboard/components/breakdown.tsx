import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ReportAnswer } from '../../http/contract.ts';
import type { Dimension } from '../../core/report.ts';
import { formatCount, formatMoney, formatShare } from '../money.ts';
import { UNATTRIBUTED, UNATTRIBUTED_TEXT, dimensionName, valueName } from '../words.ts';
import { Skeleton } from './states.tsx';

type Row = ReportAnswer['rows'][number];
const numberOf = (row: Row, name: string): number => (typeof row[name] === 'number' ? row[name] : 0);

export const BREAKDOWN_ROWS = 8;

function ShareBar({ share, tone }: { share: number; tone: 'accent' | 'warn' }) {
  return (
    <svg className="h-[3px] w-full" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="1" className="fill-sunk" />
      <rect
        width={Math.max(0, Math.min(100, share * 100))}
        height="1"
        className={tone === 'accent' ? 'fill-accent' : 'fill-warn-line'}
      />
    </svg>
  );
}

/** Amounts of many digits take the room of the share, which the bar shows too. */
const LONG_AMOUNT = 12;
const COLUMNS =
  'grid grid-cols-[minmax(0,1fr)_4.2rem_4.6rem_7rem_3.9rem] gap-x-2 group-data-[wide=true]/table:grid-cols-[minmax(0,1fr)_5rem_4.6rem_10.5rem]';
const SHARE = 'text-right text-muted max-sm:hidden group-data-[wide=true]/table:hidden';
const PHONE = 'max-sm:!grid-cols-[minmax(0,1fr)_auto]';

/** One line of numbers; on a phone the counts move under the name. */
function Cells({ row, share, currency, children }: { row: Row; share: number; currency: string; children: ReactNode }) {
  const visitors = formatCount(numberOf(row, 'visitors'));
  // A data-driven model says nothing of who they were.
  const customers = row.customers === null ? '—' : formatCount(numberOf(row, 'customers'));
  const isUnattributed = row.visitors === null || (children === null && visitors === '0');
  return (
    <>
      {children}
      <span role="cell" className="text-right max-sm:hidden" data-column="visitors">
        {isUnattributed ? '—' : visitors}
      </span>
      <span role="cell" className="text-right max-sm:hidden" data-column="customers">
        {customers}
      </span>
      <span role="cell" className="text-right font-medium" data-column="revenue">
        {formatMoney(numberOf(row, 'revenue'), currency)}
      </span>
      <span role="cell" className={SHARE} data-column="share">
        {formatShare(share)}
      </span>
      <span role="cell" className="label col-span-2 sm:hidden">
        {visitors} {visitors === '1' ? 'visitor' : 'visitors'} · {customers}{' '}
        {customers === '1' ? 'customer' : 'customers'} · {formatShare(share)}
      </span>
    </>
  );
}

function SourceRow({
  row,
  dimension,
  share,
  currency,
  isChosen,
  onChoose,
}: {
  row: Row;
  dimension: Dimension;
  share: number;
  currency: string;
  isChosen: boolean;
  onChoose: (value: string) => void;
}) {
  const value = String(row[dimension] ?? '');
  const name = valueName(value, dimension);
  const isRest = value === '(other)';
  return (
    <div
      role="row"
      data-testid={`row-${dimension}`}
      data-value={value}
      className={`relative px-4 pt-1.5 sm:px-5 ${isChosen ? 'bg-accent-soft/60' : 'hover:bg-sunk/70'}`}
    >
      <div className={`${COLUMNS} ${PHONE} items-baseline`}>
        <Cells row={row} share={share} currency={currency}>
          <span role="rowheader" className="min-w-0 truncate" title={value === name ? name : `${name}: ${value}`}>
            {isRest ? (
              <span className="text-muted">{name}</span>
            ) : (
              <button
                type="button"
                className="max-w-full truncate text-left align-bottom after:absolute after:inset-0 hover:text-accent"
                aria-pressed={isChosen}
                aria-label={`${isChosen ? 'Remove filter' : 'Filter by'} ${dimension.replaceAll('_', ' ')} ${name}`}
                onClick={() => onChoose(value)}
              >
                {name}
              </button>
            )}
          </span>
        </Cells>
      </div>
      <div className="pt-1">
        <ShareBar share={share} tone="accent" />
      </div>
    </div>
  );
}

function UnattributedRow({
  row,
  share,
  currency,
  siteId,
  mode,
}: {
  row: Row;
  share: number;
  currency: string;
  siteId: string;
  mode: 'live' | 'test';
}) {
  const customers = row.customers === null ? '—' : formatCount(numberOf(row, 'customers'));
  return (
    <div
      role="row"
      data-testid="row-unattributed"
      data-value={UNATTRIBUTED}
      className="hatched border-t border-warn-line bg-warn-soft px-4 py-2.5 sm:px-5"
    >
      <div className={`${COLUMNS} ${PHONE} items-baseline`}>
        <span role="rowheader" className="min-w-0" title={UNATTRIBUTED_TEXT}>
          <span className="font-medium text-warn">Unattributed</span>{' '}
          <Link
            to="/sites/$siteId/payments"
            params={{ siteId }}
            search={{ mode, show: 'unattributed' }}
            className="text-link text-[0.87rem]"
            data-testid="why-unattributed"
            aria-label="Why unattributed?"
          >
            Why?
          </Link>
        </span>
        <span role="cell" className="text-right text-muted max-sm:hidden">
          —
        </span>
        <span role="cell" className="text-right max-sm:hidden" data-column="customers">
          {customers}
        </span>
        <span role="cell" className="text-right font-medium" data-column="revenue">
          {formatMoney(numberOf(row, 'revenue'), currency)}
        </span>
        <span role="cell" className={SHARE}>
          {formatShare(share)}
        </span>
        <span className="label col-span-full">Paid without a known visitor. This is not “Direct”.</span>
      </div>
    </div>
  );
}

export function Breakdown({
  answer,
  dimension,
  siteId,
  chosen,
  onChoose,
  isExpanded,
}: {
  answer: ReportAnswer;
  dimension: Dimension;
  siteId: string;
  chosen: readonly string[];
  onChoose: (value: string) => void;
  isExpanded: boolean;
}) {
  const { rows, totals, currency } = answer;
  const unattributed = rows.find((row) => row[dimension] === UNATTRIBUTED);
  const named = rows.filter((row) => row !== unattributed);
  const shownRows = isExpanded ? named : named.slice(0, BREAKDOWN_ROWS);
  // Before the first payment the bars compare visitors, so that the page is not a wall of zeros.
  const measure = numberOf(totals, 'revenue') === 0 ? 'visitors' : 'revenue';
  const whole = numberOf(totals, measure);
  const isWide = shownRows.some((row) => formatMoney(numberOf(row, 'revenue'), currency).length > LONG_AMOUNT);
  const shareOf = (row: Row): number => (whole > 0 ? numberOf(row, measure) / whole : 0);
  return (
    <div
      role="table"
      aria-label={`By ${dimension.replaceAll('_', ' ')}`}
      className="group/table flex flex-1 flex-col tabular-nums"
      data-wide={isWide}
    >
      <div role="row" className={`label ${COLUMNS} ${PHONE} border-b border-line px-4 pb-2 sm:px-5`}>
        <span role="columnheader">{dimensionName(dimension)}</span>
        <span role="columnheader" className="text-right max-sm:hidden">
          Visitors
        </span>
        <span role="columnheader" className="text-right max-sm:hidden">
          Customers
        </span>
        <span role="columnheader" className="text-right">
          Revenue
        </span>
        <span role="columnheader" className={SHARE} title={`Share of ${measure}`}>
          Share
        </span>
      </div>
      {shownRows.map((row) => (
        <SourceRow
          key={String(row[dimension])}
          row={row}
          dimension={dimension}
          share={shareOf(row)}
          currency={currency}
          isChosen={chosen.includes(String(row[dimension]))}
          onChoose={onChoose}
        />
      ))}
      <div className="min-h-2 flex-1" />
      {named.length === 0 ? <p className="px-5 py-8 text-center text-muted">Nothing in these days.</p> : null}
      {unattributed ? (
        <UnattributedRow
          row={unattributed}
          share={shareOf(unattributed)}
          currency={currency}
          siteId={siteId}
          mode={answer.mode}
        />
      ) : null}
    </div>
  );
}

export function BreakdownSkeleton() {
  return (
    <div className="flex flex-col gap-4 px-5 pt-1 pb-5" aria-busy="true">
      {[80, 64, 72, 40, 56, 30].map((width, index) => (
        <div key={width} className="flex justify-between gap-6">
          <Skeleton className={`h-4 ${['w-48', 'w-36', 'w-40', 'w-24'][index % 4]}`} />
          <Skeleton className="h-4 w-20" />
        </div>
      ))}
    </div>
  );
}
