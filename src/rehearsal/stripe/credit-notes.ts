import type { CreditNoteRow, InvoiceRow } from './billing-rows.ts';
import { addToBalance } from './customers.ts';
import type { Engine } from './engine.ts';
import { StripeRefusal } from './errors.ts';
import { markPaid, releaseIntent, remainingOf } from './invoices.ts';
import { refund } from './refunds.ts';

/** Credit notes. Only their refunds move cash; credit to the customer's balance and money given back elsewhere do not. */

export interface CreditNoteInput {
  amount: number;
  /** Of a paid invoice: how the money goes back. Default: as a refund. */
  by?: 'refund' | 'balance' | 'out_of_band';
}

export function createCreditNote(engine: Engine, invoice: InvoiceRow, input: CreditNoteInput): CreditNoteRow {
  const { state, now, emit } = engine;
  const { amount, by = 'refund' } = input;
  const isPaid = invoice.status === 'paid';
  const most = isPaid ? invoice.amountPaid - invoice.postPaymentCredit : remainingOf(invoice);
  if (amount < 1 || amount > most) {
    const message = `The credit note amount (${amount}) must be between 1 and what is left of the invoice (${most}).`;
    throw new StripeRefusal(400, { message, param: 'amount' });
  }
  const note: CreditNoteRow = state.add({
    object: 'credit_note' as const,
    id: state.newId('credit_note'),
    created: now(),
    invoice: invoice.id,
    customer: invoice.customer,
    currency: invoice.currency,
    amount,
    type: isPaid ? ('post_payment' as const) : ('pre_payment' as const),
    refunds: [],
    customerBalanceTransaction: null,
    outOfBandAmount: isPaid && by === 'out_of_band' ? amount : 0,
    number: `${invoice.number}-CN-01`,
    voidedAt: null,
  });
  if (!isPaid) reduce(engine, invoice, amount);
  else {
    invoice.postPaymentCredit += amount;
    const customer = state.need('customer', invoice.customer);
    if (by === 'balance') note.customerBalanceTransaction = addToBalance(engine, customer, -amount);
    if (by === 'refund') {
      const charge = state.need('charge', invoice.charge ?? '');
      note.refunds.push({ refund: refund(engine, charge, { amount }).id, amount });
    }
  }
  emit('credit_note.created', note);
  emit('invoice.updated', invoice);
  if (!isPaid && remainingOf(invoice) === 0) {
    // Nothing is left to pay, and so nothing to charge.
    releaseIntent(engine, invoice);
    markPaid(engine, invoice);
  }
  return note;
}

/** Before payment: less is due, also through the invoice's intent. */
function reduce(engine: Engine, invoice: InvoiceRow, amount: number): void {
  invoice.prePaymentCredit += amount;
  invoice.amountDue -= amount;
  const intent = engine.state.get('payment_intent', invoice.paymentIntent);
  if (!intent) return;
  intent.amount -= amount;
  for (const id of engine.invoicePayments.get(intent.id) ?? []) {
    engine.state.need('invoice_payment', id).amountRequested -= amount;
  }
}

export function voidCreditNote(engine: Engine, note: CreditNoteRow): void {
  note.voidedAt = engine.now();
  engine.emit('credit_note.voided', note);
}
