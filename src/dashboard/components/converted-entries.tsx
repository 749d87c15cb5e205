import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';

type Converted = NonNullable<PaymentDetailAnswer['converted']>;
type ConvertedEntry = Converted['entries'][number];

/** What a conversion rests on, for a person who wants to check it. */
const BY: Record<NonNullable<ConvertedEntry['by']>, (evidence: string) => string> = {
  same: () => 'It is in this currency.',
  settlement: (evidence) => `As Stripe settled it: ${evidence}`,
  charge: (evidence) => `At the rate of the charge until its own is known: ${evidence}`,
  rate: (evidence) => (evidence === '' ? 'Taken back on the same day' : `By the rate of ${evidence}`),
};

function basisOf({ by, evidence }: ConvertedEntry): string {
  if (by === null)
    return 'Not converted: Stripe settled it in another currency, and no rate of these days is known (Settings › Site).';
  return BY[by](evidence ?? '');
}

/** The payment as the site's reports count it. */
export function ConvertedEntries({ converted }: { converted: Converted }) {
  const { currency, complete } = converted;
  const rows = converted.entries.filter(({ amount, fee }) => amount !== 0 || (fee ?? 0) !== 0);
  return (
    <div className="px-4 pb-4 sm:px-5" data-testid="converted">
      <p className="figure text-lg font-medium" data-testid="converted-revenue">
        {formatMoney(converted.revenue, currency)}
        <span className="label ml-2 font-normal">
          revenue
          {converted.fees === 0 ? '' : `, less ${formatMoney(converted.fees, currency)} of fees`}
          {complete ? '' : '; what could not be converted is left out'}
        </span>
      </p>
      <ul className="mt-2 flex flex-col divide-y divide-line">
        {rows.map((entry) => (
          <li
            key={entry.id}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 py-2"
            data-testid="converted-entry"
          >
            <span className="min-w-0 flex-1">
              <span className="font-mono text-[0.82rem] break-all">{entry.id}</span>
              <span className="label block break-words">{basisOf(entry)}</span>
            </span>
            <span className={`figure font-medium ${(entry.amount ?? 0) < 0 ? 'text-down' : ''}`}>
              {entry.amount === null ? '—' : formatMoney(entry.amount, currency)}
              {entry.fee ? (
                <span className="block text-right text-[0.8rem] font-normal text-muted">
                  fee {formatMoney(entry.fee, currency)}
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
