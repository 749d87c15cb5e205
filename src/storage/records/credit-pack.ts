import type { CreditRow, ModelAmounts } from '../../core/attribution/credit.ts';
import { RULE_MODELS } from '../../core/attribution/models.ts';
import { jsonTextOf } from '../../core/json-text.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Payment } from '../../core/payment.ts';
import type { Touchpoint } from '../../core/touchpoint.ts';

/**
 * Credit rows as they are stored. A row repeats the whole payment, entry and touchpoint, once per pair, and the names of
 * all models three times; with each object once, named by its position, and amounts in the models' order, rows take less
 * than half the room, and come back value for value.
 */
export interface Pack {
  touchpoints: Touchpoint[];
  payments: Payment[];
  entries: LedgerEntry[];
  rows: PackedRow[];
}

/** −1 is no touchpoint, 0 no fees or taxes. The last holds what few rows have. */
type PackedRow = [
  payment: number,
  entry: number,
  touchpoint: number,
  position: number,
  reason: string,
  sign: 1 | -1,
  amounts: Amounts,
  fees: Amounts | 0,
  taxes: Amounts | 0,
  further?: Partial<CreditRow>,
];
/** In the order of RULE_MODELS, which only grows at its end; null where the row is from before the model was. */
type Amounts = (number | null)[];

const FURTHER = ['money', 'wholeMinor', 'convertedTo', 'feesConvertedTo'] as const;

/** Collects rows, and touchpoints that belong beside them. */
export function createPacker() {
  const touchpoints = createPool<Touchpoint>();
  const payments = createPool<Payment>();
  const entries = createPool<LedgerEntry>();
  const rows: PackedRow[] = [];
  return {
    touchpoint: touchpoints.position,
    add(row: CreditRow): void {
      const packed: PackedRow = [
        payments.position(row.payment),
        entries.position(row.entry),
        row.touchpoint === null ? -1 : touchpoints.position(row.touchpoint),
        row.position,
        row.reason,
        row.sign,
        packAmounts(row.amounts),
        row.fees === undefined ? 0 : packAmounts(row.fees),
        row.taxes === undefined ? 0 : packAmounts(row.taxes),
      ];
      const further = furtherOf(row);
      if (further !== null) packed.push(further);
      rows.push(packed);
    },
    /** The members of a Pack, as JSON without the braces. */
    text: () =>
      `"touchpoints":[${touchpoints.texts.join()}],"payments":[${payments.texts.join()}],` +
      `"entries":[${entries.texts.join()}],"rows":${JSON.stringify(rows)}`,
  };
}

export function unpackRows({ touchpoints, payments, entries, rows }: Pack): CreditRow[] {
  return rows.map((packed): CreditRow => {
    const [paymentAt, entryAt, touchpointAt, position, reason, sign, amounts, fees, taxes, further] = packed;
    const payment = payments[paymentAt]!;
    const row: CreditRow = {
      site: payment.site,
      mode: payment.mode,
      payment,
      entry: entries[entryAt]!,
      reason,
      sign,
      position,
      touchpoint: touchpointAt < 0 ? null : touchpoints[touchpointAt]!,
      amounts: unpackAmounts(amounts),
    };
    if (fees !== 0) row.fees = unpackAmounts(fees);
    if (taxes !== 0) row.taxes = unpackAmounts(taxes);
    return further === undefined ? row : Object.assign(row, further);
  });
}

function packAmounts(amounts: Partial<ModelAmounts>): Amounts {
  return RULE_MODELS.map((model) => amounts[model] ?? null);
}

function unpackAmounts(packed: Amounts): ModelAmounts {
  const amounts: Partial<ModelAmounts> = {};
  for (let at = 0; at < packed.length; at += 1) {
    const amount = packed[at] ?? null;
    if (amount !== null) amounts[RULE_MODELS[at]!] = amount;
  }
  return amounts as ModelAmounts;
}

function furtherOf(row: CreditRow): Partial<CreditRow> | null {
  const further: Partial<CreditRow> = {};
  let isEmpty = true;
  for (const field of FURTHER) {
    if (row[field] === undefined) continue;
    Object.assign(further, { [field]: row[field] });
    isEmpty = false;
  }
  if (row.site === row.payment.site && row.mode === row.payment.mode) return isEmpty ? null : further;
  return { ...further, site: row.site, mode: row.mode };
}

/** Values as JSON, each once. */
function createPool<T extends object>() {
  const texts: string[] = [];
  const positions = new Map<string, number>();
  // Most repetitions are the same object: no need to write it out to find it again.
  const seen = new Map<T, number>();
  return {
    texts,
    position(value: T): number {
      const same = seen.get(value);
      if (same !== undefined) return same;
      const text = jsonTextOf(value);
      const position = positions.get(text) ?? texts.push(text) - 1;
      positions.set(text, position);
      seen.set(value, position);
      return position;
    },
  };
}
