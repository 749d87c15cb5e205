import type { Bug } from './bug.ts';

const story = (name: string) => ({ file: 'test/scenarios.test.ts', named: `as written ${name}` });

/** What counts as money, once. */
export const MONEY_BUGS: readonly Bug[] = [
  {
    name: 'the sum of events',
    tempting: 'every charge.refunded says an amount; it is that of all refunds so far',
    file: 'src/core/merge.ts',
    find: 'amountRefundedMinor: Math.max(a.amountRefundedMinor, b.amountRefundedMinor),',
    replace: 'amountRefundedMinor: a.amountRefundedMinor + b.amountRefundedMinor,',
    tests: ['src/core/merge.test.ts'],
  },
  {
    name: "Intl's minor units",
    tempting: 'the platform knows the decimals of every currency; ISK and UGX have none there, and two at Stripe',
    file: 'src/core/currency.ts',
    find: 'if (ZERO_DECIMAL.has(code)) return 0;',
    replace:
      "const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions();\n  if (maximumFractionDigits === 0) return 0;",
    tests: ['src/core/currency.test.ts'],
  },
  {
    name: 'an older refund snapshot overwrites',
    tempting: 'what arrives last is the latest; Stripe promises no order',
    file: 'src/core/merge.ts',
    find: 'status: ranked(REFUND_STATUS, a.status, b.status),',
    replace: 'status: b.status,',
    tests: ['src/core/merge.test.ts'],
  },
  {
    name: 'adaptive pricing: what the buyer saw is booked',
    tempting: 'presentment_details is what the customer paid',
    file: 'src/stripe/normalize.ts',
    find: "    currency: currency(json['currency']),\n    amountMinor: authorised,",
    replace:
      "    currency: currency(record(json['presentment_details'])['presentment_currency']) ?? currency(json['currency']),\n    amountMinor: authorised,",
    tests: ['src/stripe/normalize.test.ts', story('trap-19-adaptive')],
  },
  {
    name: 'a full refund and a lost dispute are both debited',
    tempting: 'lost means that the money is gone; it went with the refund',
    file: 'src/core/fold-entries.ts',
    find: 'const { withdrawal } = dispute;',
    replace:
      "const withdrawal = dispute.withdrawal ?? (own.length === 0 && dispute.status === 'lost' ? dispute.id : null);",
    tests: ['src/core/fold.test.ts', story('trap-11')],
  },
  {
    name: 'an inquiry is debited',
    tempting: 'it is a dispute with an amount',
    file: 'src/core/fold-entries.ts',
    find: 'const { withdrawal } = dispute;',
    replace:
      "const withdrawal = dispute.withdrawal ?? (own.length === 0 && dispute.status?.startsWith('warning_') ? dispute.id : null);",
    tests: ['src/core/fold.test.ts', story('trap-11')],
  },
  {
    name: 'the rest of a partial capture is a refund',
    tempting: 'Stripe writes it into amount_refunded',
    file: 'src/core/fold-entries.ts',
    find: 'let notCaptured = Math.max(0, charge.amountMinor - charge.amountCapturedMinor);',
    replace: 'let notCaptured = 0;',
    tests: ['src/core/fold.test.ts'],
  },
  {
    name: 'an expired authorisation is taken back',
    tempting: 'its charge is refunded, so there is a refund',
    file: 'src/core/fold.ts',
    find: 'charge.currency === null || charge.amountCapturedMinor === 0) {',
    replace: 'charge.currency === null || (charge.amountCapturedMinor === 0 && charge.amountRefundedMinor === 0)) {',
    tests: ['src/core/fold.test.ts'],
  },
  {
    name: 'a failed refund stays refunded',
    tempting: 'the refund was created, and creation was booked',
    file: 'src/core/fold-entries.ts',
    find: "const isLive = refund.status !== 'failed' && refund.status !== 'canceled';",
    replace: "const isLive = refund.status !== 'canceled';",
    tests: ['src/core/fold.test.ts'],
  },
  {
    name: 'a canceled refund stays refunded',
    tempting: 'failed ones are handled',
    file: 'src/core/fold-entries.ts',
    find: "const isLive = refund.status !== 'failed' && refund.status !== 'canceled';",
    replace: "const isLive = refund.status !== 'failed';",
    tests: ['src/core/fold.test.ts'],
  },
  {
    name: 'an invoice over nothing is a payment',
    tempting: 'invoice.paid says that it is paid: by a trial, a coupon or credit',
    file: 'src/core/fold.ts',
    find: 'if (!options.offStripe || amountMinor === 0 || paidAt === null',
    replace: 'if (!options.offStripe || paidAt === null',
    tests: ['src/core/fold.test.ts', 'test/money/movements.test.ts'],
  },
  {
    name: 'money paid off Stripe counts unasked',
    tempting: 'the merchant has it',
    file: 'src/core/fold.ts',
    find: 'if (!options.offStripe || amountMinor === 0',
    replace: 'if (amountMinor === 0',
    tests: ['src/core/fold.test.ts', 'test/money/movements.test.ts'],
  },
  {
    name: 'a debit that bounced stays paid',
    tempting: 'it had succeeded, and was captured',
    file: 'src/core/fold-entries.ts',
    find: 'amountMinor: isPaid ? charge.amountCapturedMinor : 0, occurredAt }',
    replace: 'amountMinor: isPaid || true ? charge.amountCapturedMinor : 0, occurredAt }',
    tests: ['src/core/fold.test.ts'],
  },
  {
    name: "only the fee of a charge's first balance transaction counts",
    tempting: 'a charge names one; several captures have several',
    file: 'src/core/fold-entries.ts',
    find: 'feeMinor: transactions.reduce((sum, it) => sum + it.feeMinor, 0),',
    replace: 'feeMinor: transactions[0]!.feeMinor,',
    tests: ['src/core/fold.test.ts', 'src/core/fold-balance.test.ts'],
  },
  {
    name: 'amounts of two currencies are added',
    tempting: 'they are all minor units; a dispute can be in another currency than its charge',
    file: 'src/core/ledger.ts',
    find: '.filter((entry) => entry.kind === kind && entry.currency === currency)',
    replace: '.filter((entry) => entry.kind === kind && currency !== undefined)',
    tests: ['src/core/ledger.test.ts'],
  },
  {
    name: 'what was booked is not corrected',
    tempting: 'an entry of this object stands already',
    file: 'src/core/ledger.ts',
    find: 'if (standing.length > 0) return [...amountCorrections(standing, wanted), ...feeCorrections(standing, wanted)];',
    replace: 'if (standing.length > 0) return [...feeCorrections(standing, wanted)];',
    tests: ['src/core/ledger.test.ts'],
  },
];
