import type { CreditRow } from '../../core/attribution/credit.ts';
import { createPacker, unpackRows, type Pack } from './credit-pack.ts';
import type { Attribution } from './records.ts';

/** How an attribution is stored: the visitor first, the path as positions among the touchpoints of its credit rows. */
type Body = Omit<Attribution, 'path' | 'rows'> & Pack & { path: number[] };

/** Bodies from before rows were packed, which stay until their payment is credited anew. */
interface EarlierBody extends Omit<Body, 'rows'> {
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

export function encodeAttribution({ visitor, path, rows, ...rest }: Attribution): string {
  const packer = createPacker();
  const positions = path.map(packer.touchpoint);
  for (const row of rows) packer.add(row);
  const head = JSON.stringify({ visitor, ...rest, path: positions });
  return `${head.slice(0, -1)},${packer.text()}}`;
}

export function decodeAttribution(text: string): Attribution {
  const body = JSON.parse(text) as Body | EarlierBody;
  const { touchpoints, payments, entries, rows, path, ...rest } = body;
  return {
    ...rest,
    path: path.map((position) => touchpoints[position]!),
    rows: isEarlier(body)
      ? unpackEarlier(body)
      : unpackRows({ touchpoints, payments, entries, rows: rows as Pack['rows'] }),
  };
}

function isEarlier(body: Body | EarlierBody): body is EarlierBody {
  return body.rows.length > 0 && !Array.isArray(body.rows[0]);
}

function unpackEarlier({ rows, payments, entries, touchpoints }: EarlierBody): CreditRow[] {
  return rows.map((row) => ({
    ...row,
    payment: payments[row.payment]!,
    entry: entries[row.entry]!,
    touchpoint: row.touchpoint === null ? null : touchpoints[row.touchpoint]!,
  }));
}
