import { move } from './balance.ts';
import type { Engine } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import type { ChargeRow, DisputeRow } from './rows.ts';

/** Disputes: inquiries, chargebacks, their withdrawals and reinstatements. */

/** Charged when the money is withdrawn, in the balance's currency. */
const FEE = 1_500;

export interface DisputeInput {
  /** Null: the whole charge. */
  amount?: number | null;
  /** Of the dispute; default the charge's. The balance is always moved in its own. */
  currency?: string;
  reason?: string;
  /**
   * `chargeback`: money is withdrawn at once. `inquiry`: the bank only asks. `prevented`: settled before it became a
   * chargeback, without a debit. `announced`: a chargeback whose withdrawal comes later, by `withdraw`.
   */
  kind?: 'chargeback' | 'inquiry' | 'prevented' | 'announced';
}

const FIRST_STATUS = {
  chargeback: 'needs_response',
  announced: 'needs_response',
  inquiry: 'warning_needs_response',
  prevented: 'prevented',
} as const;

export function dispute(engine: Engine, charge: ChargeRow, input: DisputeInput = {}): DisputeRow {
  const { state, now, emit } = engine;
  if (!charge.captured) throw new StripeRefusal(400, { message: `Charge ${charge.id} has not been captured.` });
  const kind = input.kind ?? 'chargeback';
  const row: DisputeRow = state.add({
    object: 'dispute' as const,
    id: state.newId('dispute'),
    created: now(),
    amount: input.amount ?? charge.amountCaptured,
    currency: input.currency ?? charge.currency,
    charge: charge.id,
    paymentIntent: charge.paymentIntent,
    reason: input.reason ?? 'fraudulent',
    status: FIRST_STATUS[kind],
    balanceTransactions: [],
    metadata: {},
  });
  charge.disputes.push(row.id);
  emit('charge.dispute.created', row);
  emit('charge.updated', charge, { disputed: false });
  if (kind === 'chargeback') withdraw(engine, row);
  return row;
}

/** Takes the money and the fee: amount −1000, fee 1500, net −2500. */
export function withdraw(engine: Engine, row: DisputeRow): void {
  if (row.balanceTransactions.length > 0) throw new Error(`the money of ${row.id} was already withdrawn`);
  bookDispute(engine, row, { amount: -row.amount, fee: FEE, category: 'dispute' });
  engine.emit('charge.dispute.funds_withdrawn', row);
}

/** An inquiry becomes a chargeback. */
export function escalate(engine: Engine, row: DisputeRow): void {
  changeStatus(engine, row, 'needs_response', 'charge.dispute.updated');
  withdraw(engine, row);
}

export function submitEvidence(engine: Engine, row: DisputeRow): void {
  changeStatus(engine, row, 'under_review', 'charge.dispute.updated');
}

/** Won: the money comes back, and the fee with it. Lost: it stays away. An inquiry ends without any of that. */
export function closeDispute(engine: Engine, row: DisputeRow, end: 'won' | 'lost' | 'warning_closed'): void {
  const reinstates = end === 'won' && row.balanceTransactions.length === 1;
  if (reinstates) bookDispute(engine, row, { amount: row.amount, fee: -FEE, category: 'dispute_reversal' });
  changeStatus(engine, row, end, 'charge.dispute.closed');
  if (reinstates) engine.emit('charge.dispute.funds_reinstated', row);
}

function changeStatus({ emit }: Engine, row: DisputeRow, status: DisputeRow['status'], type: string): void {
  const before = row.status;
  row.status = status;
  emit(type, row, { status: before });
}

function bookDispute(
  engine: Engine,
  row: DisputeRow,
  { amount, fee, category }: { amount: number; fee: number; category: string },
): void {
  const charge = engine.state.need('charge', row.charge);
  const booked = engine.state.get('balance_transaction', charge.balanceTransaction);
  // Debited in the balance's currency: at the charge's own rate when the dispute is in the charge's currency.
  const like = row.currency === charge.currency ? booked : undefined;
  const { currency } = row;
  row.balanceTransactions.push(
    move(engine, { type: 'adjustment', category, source: row.id, amount, currency, fee, like }).id,
  );
}
