import type { EventRow, Row } from './rows.ts';
import type { State } from './state.ts';
import type { ApiVersion } from './versions.ts';

/** What money, billing and checkout work on: the state, the simulation's clock and the event feed. */
export interface Engine {
  state: State;
  /** The simulation's present, in epoch seconds. */
  now(): number;
  emit(type: string, row: Row, previousAttributes?: Record<string, unknown>): EventRow | null;
  settings: EngineSettings;
  /** Does work as if it were another time (test clocks, expiries). Seconds. */
  at<T>(second: number, work: () => T): T;
  /** Invoice payments of a payment intent, by the intent's id: one intent can pay several invoices. */
  invoicePayments: Map<string, string[]>;
}

export interface EngineSettings {
  /** The account's default version: of requests that name none, and of `GET /v1/events`. */
  defaultVersion: ApiVersion;
  /** Whether payment intents carry the undocumented `payment_details.order_reference`. */
  orderReferences: boolean;
  /** acct_… */
  account: string;
  /** Currency of the account's balance; null: each charge settles in its own. */
  settlementCurrency: string | null;
  /** 'eur>usd' → rate in minor units, from now on: refunds then go back by it. Others are the simulation's own. */
  exchangeRates: Record<string, number>;
  /** `later`: balance transactions wait for `settle`; `soon`: they follow at once, by charge.updated. */
  settlement: 'soon' | 'later';
}

/** How a confirmation ends. `pending`: a bank debit, which `finishCharge` ends later. */
export type Outcome = 'succeeds' | 'fails' | 'pending';
