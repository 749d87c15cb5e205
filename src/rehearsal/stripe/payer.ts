import type { State } from './state.ts';

/** How an object names who pays: a customer, or an account that is one (Accounts v2), and then no customer. */
export function payer(state: State, id: string | null): { customer: string | null; customer_account: string | null } {
  const account = state.get('customer', id)?.account ?? null;
  return account === null ? { customer: id, customer_account: null } : { customer: null, customer_account: account };
}
