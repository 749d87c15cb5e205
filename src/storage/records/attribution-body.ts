import type { CreditRow } from '../../core/attribution/credit.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Payment } from '../../core/payment.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';
import type { Attribution } from './records.ts';

/**
 * How an attribution is stored. Credit rows repeat the whole payment, entry and touchpoint, once per pair; stored once
 * each and named by position, an attribution takes a third of the room, and comes back value for value.
 */
interface Body extends Omit<Attribution, 'path' | 'rows'> {
  touchpoints: Touchpoint[];
  payments: Payment[];
  entries: LedgerEntry[];
  path: number[];
  rows: (Omit<CreditRow, 'payment' | 'entry' | 'touchpoint'> & {
    payment: number;
    entry: number;
    touchpoint: number | null;
  })[];
}

/** What stands for a payment that was recorded and not yet matched. */
export function pendingAttribution(): Attribution {
  return { visitor: null, visitors: [], reason: 'pending', usedLink: null, path: [], credits: {}, rows: [] };
}

export function encodeAttribution(attribution: Attribution): string {
  const touchpoints = createPool<Touchpoint>();
  const payments = createPool<Payment>();
  const entries = createPool<LedgerEntry>();
  const body: Body = {
    ...attribution,
    path: attribution.path.map(touchpoints.position),
    rows: attribution.rows.map((row) => ({
      ...row,
      payment: payments.position(row.payment),
      entry: entries.position(row.entry),
      touchpoint: row.touchpoint === null ? null : touchpoints.position(row.touchpoint),
    })),
    touchpoints: touchpoints.values,
    payments: payments.values,
    entries: entries.values,
  };
  return JSON.stringify(body);
}

export function decodeAttribution(text: string): Attribution {
  const { touchpoints, payments, entries, ...body } = JSON.parse(text) as Body;
  return {
    ...body,
    path: body.path.map((position) => touchpoints[position]!),
    rows: body.rows.map((row) => ({
      ...row,
      payment: payments[row.payment]!,
      entry: entries[row.entry]!,
      touchpoint: row.touchpoint === null ? null : touchpoints[row.touchpoint]!,
    })),
  };
}

function createPool<T>() {
  const values: T[] = [];
  const positions = new Map<string, number>();
  // Most repetitions are the same object: no need to write it out to find it again.
  const seen = new Map<T, number>();
  return {
    values,
    position(value: T): number {
      const same = seen.get(value);
      if (same !== undefined) return same;
      const key = JSON.stringify(value);
      const position = positions.get(key) ?? values.push(value) - 1;
      positions.set(key, position);
      seen.set(value, position);
      return position;
    },
  };
}
