import type { CohortsAnswer } from '../../http/contract-journeys.ts';
import { formatCount, formatMoney, formatMoneyShort } from '../money.ts';
import { UNATTRIBUTED } from '../words.ts';
import { PanelHead } from './journey-panel.tsx';

type Cohort = CohortsAnswer['cohorts'][number];

const monthFormat = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', month: 'short', year: 'numeric' });
const monthName = (month: string): string =>
  month === UNATTRIBUTED ? 'Unattributed' : monthFormat.format(new Date(`${month}-01T00:00:00Z`));
const COLUMNS_MAX = 24;
const CELL_CHARS = 9;
/** From here on the ground is strong. */
const DARK = 0.6;

/** What customers of a month have paid since, each on average. */
export function JourneyCohorts({ answer }: { answer: CohortsAnswer }) {
  const { cohorts, currency, by } = answer;
  const columns = Math.min(COLUMNS_MAX, Math.max(...cohorts.map((cohort) => cohort.per_customer.length)));
  const most = Math.max(...cohorts.flatMap((cohort) => cohort.per_customer), 1);
  return (
    <section className="panel overflow-hidden" aria-label="Cohorts">
      <PanelHead
        title={
          by === 'first_touch'
            ? 'Customers by the month of their first visit'
            : 'Customers by the month of their first payment'
        }
      >
        Revenue per customer since then, added up month by month: month 0 is the cohort’s own. Refunds and disputes are
        taken off in the month they happened.
      </PanelHead>
      <div className="overflow-x-auto pb-3">
        <table className="min-w-full border-separate border-spacing-0 text-[0.87rem]" data-testid="cohorts">
          <thead className="label">
            <tr>
              <th scope="col" className={`${STICKY} bg-panel py-1.5 text-left font-normal`}>
                Month
              </th>
              <th scope="col" className="px-2 py-1.5 text-right font-normal">
                Customers
              </th>
              {Array.from({ length: columns }, (_, month) => (
                <th
                  key={month}
                  scope="col"
                  className="min-w-16 px-2 py-1.5 text-right font-normal"
                  title={`${month} months after`}
                >
                  {month}
                </th>
              ))}
              <th scope="col" className="px-4 py-1.5 text-right font-normal sm:px-5">
                To date
              </th>
            </tr>
          </thead>
          <tbody>
            {cohorts.map((cohort) => (
              <CohortRow key={cohort.month} cohort={cohort} columns={columns} most={most} currency={currency} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const STICKY = 'sticky left-0 z-10 px-4 sm:px-5 whitespace-nowrap';

function CohortRow({
  cohort,
  columns,
  most,
  currency,
}: {
  cohort: Cohort;
  columns: number;
  most: number;
  currency: string;
}) {
  const isUnknown = cohort.month === UNATTRIBUTED;
  return (
    <tr data-testid="cohort" data-month={cohort.month}>
      <th
        scope="row"
        className={`${STICKY} border-t border-line bg-panel py-1.5 text-left font-medium ${isUnknown ? 'text-warn' : ''}`}
      >
        {monthName(cohort.month)}
      </th>
      <td className="border-t border-line px-2 py-1.5 text-right text-muted">{formatCount(cohort.customers)}</td>
      {Array.from({ length: columns }, (_, month) => {
        const value = cohort.per_customer[month];
        if (value === undefined) return <td key={month} className="border-t border-line" />;
        const heat = Math.max(0, value / most);
        const words = `${monthName(cohort.month)}, month ${month}: ${formatMoney(value, currency)} a customer, ${formatMoney(cohort.revenue[month]!, currency)} in all`;
        return (
          <td
            key={month}
            title={words}
            className={`border-t border-panel px-2 py-1.5 text-right ${heat > DARK ? 'text-accent-ink' : 'text-ink'}`}
            style={{ background: heatOf(heat, isUnknown) }}
          >
            {cellText(value, currency)}
          </td>
        );
      })}
      <td className="border-t border-line px-4 py-1.5 text-right font-medium whitespace-nowrap sm:px-5">
        {formatMoney(cohort.revenue_to_date, currency)}
      </td>
    </tr>
  );
}

/** Whole while it is short: a column of "$39.5" beside "$54" reads badly. */
function cellText(value: number, currency: string): string {
  const whole = formatMoney(value, currency);
  return whole.length <= CELL_CHARS ? whole : formatMoneyShort(value, currency);
}

function heatOf(heat: number, isUnknown: boolean): string {
  if (heat === 0) return 'var(--sunk)';
  const hue = isUnknown ? 'var(--warn)' : 'var(--accent)';
  // Two ranges with a gap between: the ink of each reads on all of it.
  const strength = heat > DARK ? 72 + ((heat - DARK) / (1 - DARK)) * 28 : 8 + heat * 58;
  return `color-mix(in srgb, ${hue} ${Math.round(strength)}%, var(--panel))`;
}
