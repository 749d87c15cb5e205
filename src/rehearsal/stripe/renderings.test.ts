import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAccount } from './account.ts';
import { addCustomer, checkoutPayment, refundCharge, subscribe } from './actions.ts';
import { NO_TERMS } from './billing-rows.ts';
import { createCreditNote } from './credit-notes.ts';
import { createCoupon, discountBy } from './prices.ts';
import type { Row } from './rows.ts';
import { ACACIA, API_VERSIONS, type ApiVersion, BASIL, CLOVER, DAHLIA, ENDIVE, LEGACY } from './versions.ts';

/** Which fields an object has in which version: the table of moves, told once more as a reader of payloads sees it. */

const account = createAccount({ seed: 4, now: Date.UTC(2026, 8, 1) }, () => 'http://stripe.test');
const { engine, state, render } = account;
const coupon = createCoupon(engine, { percentOff: 50 }).id;
const discount = discountBy(engine, { coupon });
const { subscription, invoice, charge } = subscribe(account, {
  amount: 1_000,
  currency: 'usd',
  terms: { ...NO_TERMS, taxPercent: 10, discount: discount.id },
  subscriptionMetadata: { hw_visitor_id: 'v-1' },
});
const note = createCreditNote(engine, invoice, { amount: 100 });
refundCharge(account, charge!, 50);
const intent = state.need('payment_intent', charge!.paymentIntent);
const presentment = { amount: 1_370, currency: 'cad' };
const abroad = checkoutPayment(account, { amount: 1_000, currency: 'usd', presentment });
const v2Customer = addCustomer(account, { email: null, account: 'acct_buyer' });
const v2 = checkoutPayment(account, { amount: 1_000, currency: 'usd', customer: v2Customer.id });

const OLD = [LEGACY, ACACIA];
const NEW = [BASIL, CLOVER, DAHLIA, ENDIVE];
const NEWER = [CLOVER, DAHLIA, ENDIVE];
const NOT_OLDEST = [ACACIA, ...NEW];

const table: [string, Row, string, readonly ApiVersion[]][] = [
  ['charge', charge!, 'refunds', [LEGACY]],
  ['charge', charge!, 'invoice', OLD],
  ['charge', abroad.charge!, 'presentment_details', NEW],
  ['payment intent', intent, 'charges', [LEGACY]],
  ['payment intent', intent, 'latest_charge', API_VERSIONS],
  ['payment intent', intent, 'invoice', OLD],
  ['payment intent', intent, 'payment_details', API_VERSIONS],
  ['payment intent', intent, 'allowed_payment_method_types', [ENDIVE]],
  ...['charge', 'payment_intent', 'paid', 'paid_out_of_band', 'subscription', 'subscription_details', 'quote'].map(
    (field): [string, Row, string, readonly ApiVersion[]] => ['invoice', invoice, field, OLD],
  ),
  ...['tax', 'total_tax_amounts', 'application_fee_amount', 'transfer_data'].map(
    (field): [string, Row, string, readonly ApiVersion[]] => ['invoice', invoice, field, OLD],
  ),
  // Acacia has both shapes.
  ['invoice', invoice, 'parent', NOT_OLDEST],
  ['invoice', invoice, 'total_taxes', NEW],
  ['invoice', invoice, 'payments', []],
  ['subscription', subscription, 'current_period_end', OLD],
  ['subscription', subscription, 'discount', OLD],
  ['credit note', note, 'refund', OLD],
  ['credit note', note, 'refunds', NEW],
  ['discount', discount, 'coupon', [LEGACY, ACACIA, BASIL]],
  ['discount', discount, 'source', NEWER],
  ['session', abroad.session, 'presentment_details', NEW],
];

describe('renderings', () => {
  for (const [name, row, field, versions] of table) {
    it(`${name}.${field}: ${versions.length === 6 ? 'always' : versions.join(', ') || 'never'}`, () => {
      assert.deepEqual(
        API_VERSIONS.filter((version) => field in render(row, version)),
        versions,
      );
    });
  }

  it('lines: price and proration before basil, pricing and parent from it on', () => {
    for (const version of API_VERSIONS) {
      const line = (render(invoice, version).lines as { data: Record<string, unknown>[] }).data[0]!;
      const isOld = OLD.includes(version);
      assert.deepEqual(
        ['price' in line, 'plan' in line, 'pricing' in line, 'taxes' in line],
        [isOld, isOld, !isOld, !isOld],
      );
      const item = (render(subscription, version).items as { data: object[] }).data[0]!;
      assert.equal('current_period_end' in item, !isOld);
    }
  });

  it('an account that pays is no customer, and no charge names it', () => {
    const { session } = v2;
    const shown = render(session, ENDIVE);
    assert.deepEqual([shown.customer, shown.customer_account], [null, 'acct_buyer']);
    assert.equal(render(v2.charge!, ENDIVE).customer, null);
    assert.ok(!('customer_account' in render(v2.charge!, ENDIVE)));
  });

  it('what is alike is rendered once, and every snapshot is as if rendered alone', () => {
    for (const row of [charge!, intent, invoice, subscription, note, abroad.session]) {
      const all = render.all(row);
      for (const version of API_VERSIONS)
        assert.deepEqual(all[version], render(row, version), `${row.object} ${version}`);
    }
    const refunds = render.all(state.need('refund', charge!.refunds[0]!));
    assert.equal(refunds[DAHLIA], refunds[ENDIVE]);
  });
});
