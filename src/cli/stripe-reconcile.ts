import { formatMinor } from '../core/currency.ts';
import { dayOf } from '../payments/reconcile-compare.ts';
import { requestReconcile } from '../payments/reconcile-start.ts';
import type { ReconcileProgress } from '../payments/reconcile.ts';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';
import { connectionsWithKey, dayOption, followJob } from './stripe-jobs.ts';

const DAYS = 30;
const DIFFERENT: ReadonlySet<string> = new Set(['missing_in_ledger', 'amount_differs', 'fee_differs']);

export const stripeReconcile: Command = {
  name: 'stripe reconcile',
  summary:
    "compare Stripe's balance transactions with the ledger, day by day in UTC, and heal what is missing (exit 1: not equal)",
  usage: '--site ID [--from 2026-01-01] [--to 2026-01-31] [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, from: {}, to: {} });
    return withApp(io, async (app) => {
      const to = dayOption('to', args.text('to')) ?? dayOf(app.now());
      const from = dayOption('from', args.text('from')) ?? dayOf(Date.parse(`${to}T00:00:00Z`) - DAYS * 86_400_000);
      if (from > to) throw new UsageError('--from is after --to');
      const site = await siteOrThrow(app, args.given('site'));
      const days = [];
      const healed = [];
      for (const connection of await connectionsWithKey(app, site.id)) {
        const id = await requestReconcile(app.records, connection.id, { from, to }, app.now());
        const job = await followJob(app, io, id, (running) => `reconcile: at ${String(running.progress.day ?? from)}`);
        days.push(...(await app.records.reconciliations.between(connection.id, from, to)));
        healed.push(...(job.progress as unknown as ReconcileProgress).healed);
      }
      const residuals = days.flatMap((day) =>
        day.residuals.map((residual) => ({ connection: day.connection, ...asAnswer(residual) })),
      );
      const answer = {
        // Whether the ledger equals Stripe; payouts and what Stripe has yet to settle are no difference.
        ok: !residuals.some(({ name }) => DIFFERENT.has(name)),
        days: days.map(({ connection, day, currency, providerMinor, ledgerMinor }) => ({
          connection,
          day,
          currency,
          stripe_minor: providerMinor,
          ledger_minor: ledgerMinor,
        })),
        residuals,
        healed: healed.map(asAnswer),
      };
      if (args.json) io.out(JSON.stringify(answer));
      else for (const line of inWords(answer)) io.out(line);
      if (!answer.ok) io.err('headwater: the ledger differs from Stripe; every difference is named above');
      return answer.ok ? 0 : 1;
    });
  },
};

/** In the words of JSON answers: `amount_minor`, not `amountMinor`. */
function asAnswer<T extends { amountMinor: number }>({ amountMinor, ...rest }: T) {
  return { ...rest, amount_minor: amountMinor };
}

type Line = { day: string; currency: string; amount_minor: number; name: string; objects: string[] };

function inWords(answer: { days: { day: string }[]; residuals: Line[]; healed: Line[] }): string[] {
  const line = ({ day, currency, amount_minor, name, objects }: Line) =>
    `${day} ${name.replaceAll('_', ' ')}: ${formatMinor(amount_minor, currency)} (${objects.slice(0, 3).join(', ')})`;
  return [
    `Compared ${answer.days.length} days with movements.`,
    ...answer.healed.map((it) => `healed  ${line(it)}`),
    ...answer.residuals.map((it) => `remains ${line(it)}`),
    answer.residuals.some(({ name }) => DIFFERENT.has(name))
      ? 'The ledger differs from Stripe.'
      : 'The ledger equals Stripe.',
  ];
}
