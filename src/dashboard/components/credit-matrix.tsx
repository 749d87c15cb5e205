import type { PaymentDetailAnswer } from '../../http/contract.ts';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import type { RuleModel } from '../../core/attribution/models.ts';
import { formatMoney } from '../money.ts';
import { formatMoment } from '../time.ts';
import { useSite } from '../pages/site-frame.tsx';
import { MODEL_NAMES, modelDefinitions } from '../words.ts';
import { touchpointName } from './touchpoint-path.tsx';

/** Touchpoints × models. The last line is added up here, from what is shown, and held against the revenue. */
export function CreditMatrix({ payment, timezone }: { payment: PaymentDetailAnswer; timezone: string }) {
  const definitions = modelDefinitions(useSite().models);
  const models = RULE_MODELS.filter((model) => payment.credits[model]);
  if (models.length === 0) return <p className="px-5 pb-5 text-muted">No credits are stored for this payment.</p>;
  const amountsOf = (model: string): number[] => payment.credits[model] ?? [];
  const money = (amount: number) => formatMoney(amount, payment.currency);
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Credit by model">
      <table className="w-full min-w-[52rem] text-right" data-testid="credits">
        <thead className="label border-b border-line">
          <tr>
            <th className="sticky left-0 bg-panel py-2 pr-3 pl-4 text-left font-normal sm:pl-5">Visit</th>
            {models.map((model) => (
              <th key={model} scope="col" className="py-2 pr-4 font-normal sm:last:pr-5" title={definitions[model]}>
                {MODEL_NAMES[model]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {payment.touchpoints.map((touchpoint, index) => (
            <tr key={`${touchpoint.at} ${index}`} className="border-b border-line" data-testid="credit-row">
              <th
                scope="row"
                className="sticky left-0 max-w-36 bg-panel py-2 pr-3 pl-4 text-left font-normal sm:max-w-56 sm:pl-5"
              >
                <span className="block truncate" title={touchpointName(touchpoint)}>
                  {touchpointName(touchpoint)}
                </span>
                <span className="label block">{formatMoment(touchpoint.at, timezone)}</span>
              </th>
              {models.map((model) => {
                const amount = amountsOf(model)[index] ?? 0;
                return (
                  <td
                    key={model}
                    data-model={model}
                    className={`figure py-2 pr-4 sm:last:pr-5 ${amount === 0 ? 'text-muted' : ''}`}
                  >
                    {amount === 0 ? '—' : money(amount)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <SumLine payment={payment} models={models} />
        </tfoot>
      </table>
    </div>
  );
}

function SumLine({ payment, models }: { payment: PaymentDetailAnswer; models: readonly RuleModel[] }) {
  const money = (amount: number) => formatMoney(amount, payment.currency);
  return (
    <tr className="bg-sunk font-medium">
      <th scope="row" className="sticky left-0 bg-sunk py-2.5 pr-3 pl-4 text-left font-medium sm:pl-5">
        Sum
      </th>
      {models.map((model) => {
        const sum = (payment.credits[model] ?? []).reduce((total, amount) => total + amount, 0);
        const isRight = sum === payment.revenue;
        return (
          <td
            key={model}
            data-testid={`credit-sum-${model}`}
            className={`figure py-2.5 pr-4 sm:last:pr-5 ${isRight ? '' : 'text-down'}`}
            title={isRight ? 'Equals the revenue' : `Differs from the revenue, ${money(payment.revenue)}`}
          >
            {money(sum)}
            {isRight ? null : ' ≠ revenue'}
          </td>
        );
      })}
    </tr>
  );
}
