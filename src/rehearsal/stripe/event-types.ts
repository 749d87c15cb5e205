import types from './event-types.json' with { type: 'json' };
import { type ApiVersion, isBefore } from './versions.ts';

/** Every type of snapshot event that the `stripe` package's types name, by the object it is about. */
const TYPES: ReadonlySet<string> = new Set(
  Object.entries(types).flatMap(([about, happenings]) => happenings.map((happening) => `${about}.${happening}`)),
);

/** Types that came later than the oldest rendering: an endpoint pinned to an older version never hears of them. */
const SINCE: Record<string, string> = {
  'charge.refund.updated': '2011-01-01',
  'invoice_payment.paid': '2025-05-28',
  'invoice.overpaid': '2025-05-28',
};

export function knowsEventType(type: string, version: ApiVersion): boolean {
  return TYPES.has(type) && !isBefore(version, SINCE[type] ?? '2011-01-01');
}
