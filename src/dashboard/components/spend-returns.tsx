import type { ReportAnswer } from '../../http/contract.ts';
import { formatCount, formatMoney } from '../money.ts';
import { valueName } from '../words.ts';

type Row = ReportAnswer['rows'][number];

const number = (row: Row, name: string): number | null => (typeof row[name] === 'number' ? row[name] : null);
const times = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const formatRoas = (roas: number | null): string => (roas === null ? '—' : `${times.format(roas)}×`);
const formatPayback = (days: number | null): string =>
  days === null ? 'not yet' : days === 1 ? '1 day' : `${formatCount(days)} days`;

/** What was spent, beside what came back. */
export function SpendReturns({ answer }: { answer: ReportAnswer }) {
  const { totals, currency, unconverted } = answer;
  const rows = answer.rows.filter((row) => (number(row, 'spend') ?? 0) !== 0);
  const apart = Object.entries(unconverted ?? {}).filter(([, amounts]) => (amounts.spend ?? 0) !== 0);
  const money = (row: Row, name: string) => {
    const value = number(row, name);
    return value === null ? '—' : formatMoney(value, currency);
  };
  return (
    <section className="panel overflow-hidden" aria-label="What spend brings" data-testid="spend-returns">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 border-b border-line px-4 py-4 sm:grid-cols-4 sm:px-5">
        <Figure name="Spend" value={money(totals, 'spend')} testId="total-spend" />
        <Figure
          name="All revenue ÷ spend"
          value={formatRoas(number(totals, 'roas'))}
          title="Revenue of these days, advertised or not, for each unit spent"
          testId="total-roas"
        />
        <Figure
          name="Spend ÷ new customers"
          value={money(totals, 'cac')}
          title="Every customer whose first payment lies in these days, wherever they came from"
          testId="total-cac"
        />
        <Figure
          name="Comes back after"
          value={formatPayback(number(totals, 'payback_days'))}
          title="Days from a customer’s first payment until what the new customers of these days have paid reaches the spend"
          testId="total-payback"
        />
      </dl>
      {apart.length > 0 ? (
        <p className="border-b border-line bg-warn-soft px-4 py-2.5 text-[0.9rem] sm:px-5" data-testid="spend-apart">
          {apart.map(([code, amounts]) => formatMoney(amounts.spend!, code)).join(' + ')} is not in these sums: no
          exchange rate into {currency.toUpperCase()} is known for its days.
        </p>
      ) : null}
      <div role="table" aria-label="By campaign" className="tabular-nums">
        <div role="row" className={`label ${COLUMNS} border-b border-line px-4 py-2.5 sm:px-5`}>
          <span role="columnheader">Campaign</span>
          <span role="columnheader" className="text-right">
            Spend
          </span>
          {['Revenue', 'ROAS', 'New customers', 'CAC', 'Payback'].map((name) => (
            <span key={name} role="columnheader" className="text-right max-md:hidden" title={HINTS[name]}>
              {name}
            </span>
          ))}
        </div>
        {rows.map((row) => (
          <ReturnRow key={`${row.source} / ${row.medium} / ${row.campaign}`} row={row} money={money} />
        ))}
      </div>
    </section>
  );
}

const HINTS: Record<string, string> = {
  ROAS: 'Return on ad spend: revenue ÷ spend',
  CAC: 'Cost of acquiring a customer: spend ÷ new customers',
  Payback: 'Days until the new customers have paid what was spent',
};

const COLUMNS =
  'grid gap-x-4 grid-cols-[minmax(0,1fr)_auto] md:grid-cols-[minmax(0,1fr)_7rem_7rem_4.5rem_6.5rem_6.5rem_5.5rem]';

function ReturnRow({ row, money }: { row: Row; money: (row: Row, name: string) => string }) {
  const name = valueName(String(row.campaign), 'campaign');
  const origin = `${valueName(String(row.source))} / ${String(row.medium)}`;
  const customers = formatCount(number(row, 'new_customers') ?? 0);
  const roas = formatRoas(number(row, 'roas'));
  const payback = formatPayback(number(row, 'payback_days'));
  return (
    <div
      role="row"
      data-testid="spend-row"
      data-campaign={String(row.campaign)}
      className={`${COLUMNS} items-baseline border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-sunk/70 sm:px-5`}
    >
      <span role="rowheader" className="min-w-0">
        <span className="block truncate font-medium" title={String(row.campaign)}>
          {name}
        </span>
        <span className="label block truncate" title={origin}>
          {origin}
          {number(row, 'visitors') === 0 ? <span className="text-warn"> · no visitors</span> : null}
        </span>
      </span>
      <span role="cell" className="text-right font-medium">
        {money(row, 'spend')}
      </span>
      <span role="cell" className="text-right max-md:hidden">
        {money(row, 'revenue')}
      </span>
      <span role="cell" className="text-right max-md:hidden" data-column="roas">
        {roas}
      </span>
      <span role="cell" className="text-right max-md:hidden">
        {customers}
      </span>
      <span role="cell" className="text-right max-md:hidden">
        {money(row, 'cac')}
      </span>
      <span role="cell" className="text-right text-muted max-md:hidden">
        {payback}
      </span>
      <span role="cell" className="label col-span-2 md:hidden">
        {money(row, 'revenue')} revenue · ROAS {roas} · {customers} new · payback {payback}
      </span>
    </div>
  );
}

function Figure({ name, value, title, testId }: { name: string; value: string; title?: string; testId: string }) {
  return (
    <div title={title} className="min-w-0">
      <dt className="label">{name}</dt>
      <dd className="figure truncate text-[1.35rem] font-semibold" data-testid={testId}>
        {value}
      </dd>
    </div>
  );
}
