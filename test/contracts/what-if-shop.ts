// Random payments with whole paths, credited under a site's settings: what both kinds of report are asked about.
import * as fc from 'fast-check';
import type { CreditRow } from '../../src/core/attribution/credit.ts';
import { creditChanges } from '../../src/core/attribution/credit-changes.ts';
import { creditRows, unattributedRows } from '../../src/core/attribution/credits.ts';
import type { Conversion } from '../../src/core/attribution/credits.ts';
import { narrowedPath, pathOf } from '../../src/core/attribution/path.ts';
import { pathChanges } from '../../src/core/attribution/path-row.ts';
import type { PathRow } from '../../src/core/attribution/path-row.ts';
import type { ModelSettings } from '../../src/core/attribution/settings.ts';
import { convertEntries, needsExchange } from '../../src/core/exchange.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { Payment } from '../../src/core/payment.ts';
import { rateTable } from '../../src/core/rates.ts';
import type { Touchpoint } from '../../src/core/touchpoint.ts';
import { entry, payment, touch } from './report-facts.ts';

const day = (number: number, minute = 0) => new Date(Date.UTC(2026, 9, 1 + number, 0, minute)).toISOString();
const RATES = rateTable(
  Array.from({ length: 70 }, (_, index) => ({ day: day(index).slice(0, 10), base: 'eur', quote: 'usd', rate: '1.10' })),
);

export const anySettings: fc.Arbitrary<ModelSettings> = fc.record({
  windowDays: fc.option(fc.integer({ min: 1, max: 60 })),
  ignoreDirect: fc.boolean(),
  collapseRepeats: fc.boolean(),
  positionPercents: fc.constantFrom({ first: 60, middle: 10, last: 30 }, { first: 0, middle: 100, last: 0 }),
  halfLifeHours: fc.integer({ min: 1, max: 2_000 }),
  custom: fc.option(fc.constant({ name: 'Mine', fromStart: [7, 0], fromEnd: [3], others: 1 })),
});

const touches = fc.array(
  fc.record({
    source: fc.constantFrom('', '', 'google', 'news', 'bing'),
    medium: fc.constantFrom('', 'cpc'),
    campaign: fc.constantFrom('', 'spring', 'fall'),
    day: fc.integer({ min: 0, max: 60 }),
    minute: fc.integer({ min: 0, max: 1_439 }),
    visitor: fc.constantFrom('a', 'b'),
  }),
  { maxLength: 7 },
);
const sales = fc.record({
  touches,
  laterTouch: fc.boolean(),
  currency: fc.constantFrom('usd', 'usd', 'eur', 'jpy'),
  settledIn: fc.constantFrom('usd', 'eur'),
  day: fc.integer({ min: 20, max: 55 }),
  amount: fc.integer({ min: 1, max: 99_999 }),
  fee: fc.option(fc.integer({ min: 0, max: 500 })),
  taxed: fc.boolean(),
  refunds: fc.array(fc.record({ percent: fc.integer({ min: 1, max: 50 }), day: fc.integer({ min: 1, max: 9 }) }), {
    maxLength: 2,
  }),
  disputed: fc.boolean(),
  customer: fc.option(fc.constantFrom('cus_1', 'cus_2')),
  product: fc.constantFrom(null, 'Tea', 'Cups'),
});
export const anyShop = fc.array(sales, { minLength: 1, maxLength: 12 });

/** Rows of both tables: credited once early, and again when the rest was known. */
export function bookedShop(site: string, shop: readonly SaleFields[], settings: ModelSettings) {
  const credits: CreditRow[] = [];
  const paths: PathRow[] = [];
  for (const [number, sale] of shop.entries()) {
    const booked = bookedSale(site, `ch_${number}`, sale, settings);
    credits.push(...booked.credits);
    paths.push(...booked.paths);
  }
  return { credits, paths };
}

interface SaleFields {
  touches: readonly {
    source: string;
    medium: string;
    campaign: string;
    day: number;
    minute: number;
    visitor: string;
  }[];
  laterTouch: boolean;
  currency: string;
  settledIn: string;
  day: number;
  amount: number;
  fee: number | null;
  taxed: boolean;
  refunds: readonly { percent: number; day: number }[];
  disputed: boolean;
  customer: string | null;
  product: string | null;
}

function bookedSale(site: string, id: string, sale: SaleFields, settings: ModelSettings) {
  const bought = payment(site, id, day(sale.day, 1_000), {
    currency: sale.currency,
    customer: sale.customer,
    taxMinor: sale.taxed ? Math.floor(sale.amount / 6) : null,
    productName: sale.product,
  });
  const entries = entriesOf(bought, sale);
  const lifetime = pathOf(sale.touches.map(touchOf), { endsAt: bought.occurredAt, windowDays: null });
  const early = sale.laterTouch ? lifetime.slice(1) : lifetime;
  const first = credited(bought, entries.slice(0, 1), early, settings);
  const then = credited(bought, entries, lifetime, settings);
  const stored = (path: Touchpoint[]) => ({
    path,
    storedPath: path.length === 0 ? undefined : { customer: sale.customer, endsAt: bought.occurredAt },
  });
  return {
    credits: [...first, ...creditChanges(first, then)],
    paths: [
      ...pathChanges(bought, { path: [] }, stored(early)),
      ...pathChanges(bought, stored(early), stored(lifetime)),
    ],
  };
}

function entriesOf(bought: Payment, sale: SaleFields): LedgerEntry[] {
  const settled = (one: LedgerEntry): LedgerEntry =>
    sale.fee === null
      ? one
      : { ...one, settledMinor: one.amountMinor, settledCurrency: sale.settledIn, feeMinor: sale.fee };
  return [
    settled(entry(bought, 'charge', sale.amount)),
    ...sale.refunds.map((refund) =>
      entry(bought, 'refund', -Math.floor((sale.amount * refund.percent) / 100), day(sale.day + refund.day)),
    ),
    ...(sale.disputed ? [entry(bought, 'dispute', -Math.floor(sale.amount / 3), day(sale.day + 3))] : []),
  ];
}

function credited(bought: Payment, entries: LedgerEntry[], lifetime: Touchpoint[], settings: ModelSettings) {
  const conversion: Conversion | null = needsExchange(entries, 'usd')
    ? { to: 'usd', entries: convertEntries(entries, 'usd', RATES) }
    : null;
  const path = narrowedPath(lifetime, { ...settings, endsAt: bought.occurredAt });
  if (path.length > 0) return creditRows(bought, entries, path, conversion, settings);
  return unattributedRows(bought, entries, lifetime.length > 0 ? 'outside_window' : 'no_visitor_id', conversion);
}

function touchOf({ source, medium, campaign, day: on, minute, visitor }: SaleFields['touches'][number]): Touchpoint {
  const session = `${on}-${minute}-${source}-${medium}-${campaign}-${visitor}`;
  const channel = source === '' ? '' : medium === 'cpc' ? 'Paid Search' : 'Organic Search';
  return touch(visitor, day(on, minute), source, { medium, campaign, session, channel });
}
