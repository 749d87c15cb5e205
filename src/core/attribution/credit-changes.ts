import type { Touchpoint } from '../touchpoint.ts';
import type { CreditRow, ModelAmounts } from './credit.ts';
import { RULE_MODELS } from './models.ts';

/**
 * What must be appended to the facts store so that it holds `after` where it held `before`: rows that cancel (sign −1),
 * then new rows. Rows that did not change stay, so that attributing twice appends nothing.
 */
export function creditChanges(before: readonly CreditRow[], after: readonly CreditRow[]): CreditRow[] {
  const placeOf = ({ position, money = '', entry }: CreditRow) => `${position} ${money} ${entry.id}`;
  const old = new Map(before.map((row) => [placeOf(row), row]));
  const added: CreditRow[] = [];
  for (const row of after) {
    const standing = old.get(placeOf(row));
    if (standing !== undefined && saysTheSame(standing, row)) old.delete(placeOf(row));
    else added.push(row);
  }
  const gone = [...old.values()].map((row): CreditRow => ({ ...row, sign: -1 }));
  return [...gone, ...added];
}

/** Everything of a row that reaches the facts store. A payment's sums do not: they change with each of its entries. */
function saysTheSame(one: CreditRow, other: CreditRow): boolean {
  return (
    isAlike(one.amounts, other.amounts, RULE_MODELS, 0) &&
    isAlike(one.fees ?? NOTHING, other.fees ?? NOTHING, RULE_MODELS, 0) &&
    isAlike(one.taxes ?? NOTHING, other.taxes ?? NOTHING, RULE_MODELS, 0) &&
    isAlike(one, other, ROW_FIELDS) &&
    isSameTouchpoint(one.touchpoint, other.touchpoint) &&
    isAlike(one.entry, other.entry, ENTRY_FIELDS) &&
    isAlike(one.payment, other.payment, PAYMENT_FIELDS)
  );
}

/** Whether credits and paths say the same of both. */
export function isSameTouchpoint(one: Touchpoint | null, other: Touchpoint | null): boolean {
  if (one === null || other === null) return one === other;
  return isAlike(one, other, TOUCHPOINT_FIELDS);
}

/** @param absent what a field that is not there stands for: rows that were stored earlier have fewer */
function isAlike<T extends object>(one: T, other: T, fields: readonly (keyof T)[], absent: unknown = null): boolean {
  return fields.every((field) => (one[field] ?? absent) === (other[field] ?? absent));
}

const NOTHING: Partial<ModelAmounts> = {};

const ROW_FIELDS = ['reason', 'wholeMinor', 'convertedTo', 'feesConvertedTo'] as const;

const ENTRY_FIELDS = ['id', 'kind', 'amountMinor', 'currency', 'occurredAt', 'settledCurrency'] as const;

const PAYMENT_FIELDS = [
  'id',
  'mode',
  'kind',
  'currency',
  'occurredAt',
  'customer',
  'subscription',
  'product',
  'productName',
  'coupon',
] as const;

const TOUCHPOINT_FIELDS = [
  'visitor',
  'session',
  'occurredAt',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'clickId',
  'referrerHost',
  'channel',
  'landingPage',
  'hostname',
  'country',
  'device',
  'browser',
  'os',
] as const satisfies readonly (keyof Touchpoint)[];
