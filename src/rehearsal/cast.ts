import type { Rate } from '../core/rates.ts';
import type { SimulatedAccount } from './stripe/account.ts';
import type { InvoiceRow, SubscriptionRow } from './stripe/billing-rows.ts';
import type { ChargeRow } from './stripe/rows.ts';
import { createVisitor, type HitTarget, type Visitor } from './visitors.ts';

/** Who and what a story has brought on stage so far. */
export interface Cast {
  target: HitTarget & {
    domain: string;
    account: SimulatedAccount;
    webhookSecret: string;
    importRates(rates: readonly Rate[]): Promise<void>;
  };
  visitors: Map<string, Visitor>;
  customers: Map<string, string>;
  subscriptions: Map<string, SubscriptionRow>;
  /** By visitor, and by the name a payment was given. */
  payments: Map<string, ChargeRow>;
  named: Map<string, ChargeRow>;
  /** By visitor, oldest first. */
  invoices: Map<string, InvoiceRow[]>;
  last: ChargeRow | null;
  sessions: number;
}

export function visitorOf(cast: Cast, name: string): Visitor {
  let visitor = cast.visitors.get(name);
  if (!visitor) cast.visitors.set(name, (visitor = createVisitor(name)));
  return visitor;
}

export function chargeFor(cast: Cast, visitor: string, name: string | null): ChargeRow {
  return name === null
    ? known(cast.payments, visitor, 'has not paid')
    : known(cast.named, name, 'is not the name of a payment');
}

export function known<T>(map: Map<string, T>, name: string, otherwise: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`${name} ${otherwise}`);
  return found;
}

export function remember(cast: Cast, visitor: string, charge: ChargeRow | null, name: string | null): void {
  if (charge === null) return;
  cast.payments.set(visitor, charge);
  if (name !== null) cast.named.set(name, charge);
  cast.last = charge;
}
