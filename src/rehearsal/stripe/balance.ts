import type { Engine, EngineSettings } from './engine.ts';
import type { BalanceTransactionRow, ChargeRow } from './rows.ts';
import type { State } from './state.ts';

/** The account's balance: every movement of money is one balance transaction, and their sum is what the account has. */

/** Rates of the settlement, in minor units of the balance's currency per minor unit of the charge's. Fixed: repeatable. */
const RATES: Record<string, number> = {
  'eur>usd': 1.1,
  'gbp>usd': 1.3,
  'cad>usd': 0.7,
  'jpy>usd': 0.65,
  'usd>eur': 0.9,
};

export interface Movement {
  type: BalanceTransactionRow['type'];
  category: string;
  source: string;
  /** Signed, in `currency`; the rate turns it into the balance's. */
  amount: number;
  currency: string;
  /** In the balance's currency. */
  fee?: number;
  applicationFee?: number;
  /** Of the balance transaction that this one undoes: same currency, same rate. */
  like?: BalanceTransactionRow | undefined;
}

export function move({ state, now, settings }: Engine, movement: Movement): BalanceTransactionRow {
  const { like } = movement;
  const settled = settlementOf(movement.currency, settings);
  const currency = like?.currency ?? settled.currency;
  const rate = like ? like.exchangeRate : settled.rate;
  return state.add({
    object: 'balance_transaction' as const,
    id: state.newId('balance_transaction'),
    created: now(),
    type: movement.type,
    reportingCategory: movement.category,
    source: movement.source,
    amount: Math.round(movement.amount * (rate ?? 1)),
    fee: movement.fee ?? 0,
    applicationFee: movement.applicationFee ?? 0,
    currency,
    exchangeRate: rate,
  });
}

function settlementOf(
  currency: string,
  { settlementCurrency: balance, exchangeRates }: EngineSettings,
): { currency: string; rate: number | null } {
  if (balance === null || balance === currency) return { currency, rate: null };
  const pair = `${currency}>${balance}`;
  return { currency: balance, rate: exchangeRates[pair] ?? RATES[pair] ?? 1 };
}

/** Books money that a charge brought: Stripe's fee of 2.9 % and 30, and the platform's part, come off it. */
export function bookCharge(engine: Engine, charge: ChargeRow, amount: number, feeOn = amount): BalanceTransactionRow {
  const { rate } = settlementOf(charge.currency, engine.settings);
  const isDirect = charge.connect.destination === null;
  const applicationFee = isDirect ? Math.round((charge.connect.applicationFeeAmount ?? 0) * (rate ?? 1)) : 0;
  return move(engine, {
    type: charge.method === 'card' ? 'charge' : 'payment',
    category: 'charge',
    source: charge.id,
    amount,
    currency: charge.currency,
    fee: Math.round(Math.round(feeOn * (rate ?? 1)) * 0.029) + 30 + applicationFee,
    applicationFee,
  });
}

export interface Balance {
  /** Sum of all amounts: what charges, refunds and disputes moved. */
  amount: number;
  fee: number;
  /** `amount − fee`: what the account has. */
  net: number;
  /** Amounts by reporting category: charge, refund, dispute, … */
  categories: Record<string, number>;
}

/** The balance by settlement currency. */
export function balanceOf(state: State): Record<string, Balance> {
  const balances: Record<string, Balance> = {};
  for (const row of state.list('balance_transaction')) {
    const balance = (balances[row.currency] ??= { amount: 0, fee: 0, net: 0, categories: {} });
    balance.amount += row.amount;
    balance.fee += row.fee;
    balance.net += row.amount - row.fee;
    balance.categories[row.reportingCategory] = (balance.categories[row.reportingCategory] ?? 0) + row.amount;
  }
  return balances;
}
