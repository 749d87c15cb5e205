import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';

const SETTLES_WITHIN_MS = 2 * 3_600_000;
const isLate = ({ occurred_at: at }: PaymentDetailAnswer) => Date.parse(at) < Date.now() - SETTLES_WITHIN_MS;

/** gross − refunded − disputed = revenue, and the fees beside it: fees may be in the settlement currency. */
export function PaymentSum({ payment }: { payment: PaymentDetailAnswer }) {
  const feeCurrency = payment.fee_currency ?? payment.currency;
  const isFeeUnknown = payment.fee_currency === null && payment.fees === 0;
  const parts = [
    ['Gross', '', payment.gross, payment.currency],
    ['Refunded', '−', payment.refunded, payment.currency],
    ['Disputed', '−', payment.disputed, payment.currency],
    ['Revenue', '=', payment.revenue, payment.currency],
  ] as const;
  return (
    <dl
      className="panel grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-5"
      aria-label="Amounts"
      data-testid="payment-sum"
    >
      {parts.map(([name, sign, amount, currency]) => (
        <div key={name} className={`px-4 py-3 ${name === 'Revenue' ? 'bg-accent-soft' : 'bg-panel'}`}>
          <dt className="label">{name}</dt>
          <dd className="figure flex gap-1.5 text-lg font-medium" data-testid={`sum-${name.toLowerCase()}`}>
            {sign ? (
              <span className="text-muted" aria-hidden="true">
                {sign}
              </span>
            ) : null}
            {formatMoney(amount, currency)}
          </dd>
        </div>
      ))}
      <div className="col-span-2 bg-panel px-4 py-3 sm:col-span-1">
        <dt className="label">Stripe’s fees</dt>
        <dd className="figure text-lg font-medium" data-testid="sum-fees">
          {isFeeUnknown ? (
            <span className="text-muted">{payment.kind === 'off_stripe' ? 'none' : 'not known yet'}</span>
          ) : (
            formatMoney(payment.fees, feeCurrency)
          )}
        </dd>
        {isFeeUnknown && payment.kind !== 'off_stripe' ? (
          <dd className="label">
            Stripe tells it with the balance transaction
            {isLate(payment) ? ', which the key may not be allowed to read: see the check-up' : ''}.
          </dd>
        ) : null}
      </div>
    </dl>
  );
}

const KINDS: Record<string, string> = { charge: 'Charge', refund: 'Refund', dispute: 'Dispute' };

/** Of a dispute won there are two entries, often of one second: which is which must not hang on a sign. */
function kindOf({ kind, amount }: PaymentDetailAnswer['entries'][number]): string {
  if (kind !== 'dispute' || amount === 0) return KINDS[kind] ?? kind;
  return amount < 0 ? 'Dispute, withdrawn' : 'Dispute, reinstated';
}

/** A fee that became known after its entry was written is an entry of its own, of amount 0. */
const isFee = (entry: PaymentDetailAnswer['entries'][number]) => /#fee(#\d+)?$/.test(entry.id);

export function LedgerEntries({ payment, timezone }: { payment: PaymentDetailAnswer; timezone: string }) {
  const feeCurrency = payment.fee_currency ?? payment.currency;
  return (
    <table className="w-full max-md:block" data-testid="ledger">
      <thead className="label border-b border-line text-left max-md:hidden">
        <tr>
          <th className="py-2 pr-4 pl-5 font-normal">Entry</th>
          <th className="py-2 pr-4 font-normal">Kind</th>
          <th className="py-2 pr-4 font-normal">Time</th>
          <th className="py-2 pr-4 font-normal">Balance transaction</th>
          <th className="py-2 pr-5 text-right font-normal">Amount</th>
        </tr>
      </thead>
      <tbody className="max-md:block">
        {payment.entries.map((entry) => (
          <tr
            key={entry.id}
            data-testid="ledger-entry"
            className="border-t border-line max-md:relative max-md:flex max-md:flex-col max-md:gap-0.5 max-md:px-4 max-md:py-3 md:first:border-t-0"
          >
            <td className="font-mono text-[0.82rem] max-md:order-2 md:py-2 md:pr-4 md:pl-5">{entry.id}</td>
            <td className="max-md:order-1 md:py-2 md:pr-4">
              {kindOf(entry)}
              {isFee(entry) ? <span className="text-muted">, fee known later</span> : null}
            </td>
            <td className="label whitespace-nowrap max-md:order-4 md:py-2 md:pr-4">
              {formatMoment(entry.occurred_at, timezone, true)}
            </td>
            <td
              className={`font-mono text-[0.82rem] text-muted max-md:order-3 md:py-2 md:pr-4 ${entry.balance_transaction ? '' : 'max-md:hidden'}`}
            >
              {entry.balance_transaction ?? <span title="Not known yet">—</span>}
            </td>
            <td
              className={`figure text-right font-medium max-md:absolute max-md:top-3 max-md:right-4 md:py-2 md:pr-5 ${entry.amount < 0 ? 'text-down' : ''}`}
            >
              {isFee(entry) ? null : formatMoney(entry.amount, entry.currency)}
              {entry.fee ? (
                <span className="block text-[0.8rem] font-normal text-muted">
                  fee {formatMoney(entry.fee, entry.settled_currency ?? feeCurrency)}
                </span>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
