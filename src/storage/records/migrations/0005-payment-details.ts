import { runDdl, type Migration } from './migration.ts';

/** What was sold with a payment, and the tax in it. Null where nobody said; payments recorded before stay without. */
export const paymentDetails: Migration = {
  name: '0005-payment-details',
  up: (transaction) =>
    runDdl(transaction, [
      'alter table payments add column tax_minor integer',
      'alter table payments add column product text',
      'alter table payments add column product_name text',
      'alter table payments add column price text',
      'alter table payments add column coupon text',
    ]),
};
