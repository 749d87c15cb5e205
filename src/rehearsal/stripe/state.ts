import type { Row, RowKind, RowOf } from './rows.ts';

/** How ids begin, as Stripe writes them. `live` and `test` only show in the ids of checkout sessions. */
const PREFIXES: Record<RowKind, string> = {
  customer: 'cus_',
  product: 'prod_',
  price: 'price_1',
  'checkout.session': 'cs_',
  payment_link: 'plink_1',
  payment_intent: 'pi_3',
  charge: 'ch_3',
  refund: 're_3',
  dispute: 'du_1',
  application_fee: 'fee_1',
  balance_transaction: 'txn_3',
  invoice: 'in_1',
  invoice_payment: 'inpay_1',
  credit_note: 'cn_1',
  coupon: '',
  promotion_code: 'promo_1',
  discount: 'di_1',
  'test_helpers.test_clock': 'clock_1',
  subscription: 'sub_1',
  webhook_endpoint: 'we_1',
  event: 'evt_1',
};

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A small seeded generator (mulberry32): rehearsals must be repeatable, nothing here is secret. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface State {
  livemode: boolean;
  newId(kind: RowKind): string;
  /** Letters and digits for secrets and item ids. */
  token(length: number): string;
  add<R extends Row>(row: R): R;
  get<Kind extends RowKind>(kind: Kind, id: string | null): RowOf<Kind> | undefined;
  /** For rows that must be there: a missing one is a bug of the simulation. */
  need<Kind extends RowKind>(kind: Kind, id: string): RowOf<Kind>;
  find(id: string): Row | undefined;
  remove(kind: RowKind, id: string): void;
  /** Newest first, as every Stripe list is. */
  list<Kind extends RowKind>(kind: Kind): readonly RowOf<Kind>[];
}

export function createState(options: { livemode: boolean; random: () => number }): State {
  const { livemode, random } = options;
  const tables = new Map<RowKind, Map<string, Row>>();
  const sorted = new Map<RowKind, Row[]>();

  const token = (length: number) => {
    let text = '';
    while (text.length < length) text += ALPHABET[Math.floor(random() * ALPHABET.length)];
    return text;
  };
  const table = (kind: RowKind) => {
    let rows = tables.get(kind);
    if (!rows) tables.set(kind, (rows = new Map()));
    return rows;
  };

  const state: State = {
    livemode,
    token,
    newId(kind) {
      if (kind === 'checkout.session') return `cs_${livemode ? 'live' : 'test'}_a1${token(56)}`;
      if (kind === 'coupon') return token(8);
      return PREFIXES[kind] + token(kind === 'customer' || kind === 'product' ? 14 : 23);
    },
    add(row) {
      table(row.object).set(row.id, row);
      sorted.delete(row.object);
      return row;
    },
    get: (kind, id) => (id === null ? undefined : (table(kind).get(id) as RowOf<typeof kind> | undefined)),
    need(kind, id) {
      const row = state.get(kind, id);
      if (!row) throw new Error(`simulated Stripe holds no ${kind} ${id}`);
      return row;
    },
    find(id) {
      for (const rows of tables.values()) {
        const row = rows.get(id);
        if (row) return row;
      }
      return undefined;
    },
    remove(kind, id) {
      table(kind).delete(id);
      sorted.delete(kind);
    },
    list(kind) {
      let rows = sorted.get(kind);
      if (!rows) {
        // Reversed first: the sort is stable, so rows of the same second stay newest first.
        rows = [...table(kind).values()].reverse().sort((a, b) => b.created - a.created);
        sorted.set(kind, rows);
      }
      return rows as RowOf<typeof kind>[];
    },
  };
  return state;
}
