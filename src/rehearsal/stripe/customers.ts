import type { Metadata } from './billing-rows.ts';
import type { Engine } from './engine.ts';
import type { CustomerRow } from './rows.ts';

export interface CustomerInput {
  email: string | null;
  name?: string | null;
  metadata?: Metadata;
  /** acct_…: the customer is an Account (Accounts v2), which tells of itself by v2 events only. */
  account?: string | null;
  testClock?: string | null;
}

export function createCustomer({ state, now, emit }: Engine, input: CustomerInput): CustomerRow {
  const customer = state.add({
    object: 'customer' as const,
    id: state.newId('customer'),
    created: now(),
    email: input.email,
    name: input.name ?? null,
    metadata: { ...input.metadata },
    account: input.account ?? null,
    balance: 0,
    testClock: input.testClock ?? null,
  });
  if (customer.account === null) emit('customer.created', customer);
  return customer;
}

/** Changes the customer's credit: negative amounts are credit. @returns cbtxn_… */
export function addToBalance({ state, emit }: Engine, customer: CustomerRow, amount: number): string {
  const before = customer.balance;
  customer.balance += amount;
  if (customer.account === null) emit('customer.updated', customer, { balance: before });
  return `cbtxn_1${state.token(23)}`;
}
