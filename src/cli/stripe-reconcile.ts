import { dayOf } from '../payments/reconcile-compare.ts';
import type { ReconcileProgress } from '../payments/reconcile.ts';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';
import { connectionsWithKey, dayOption, followJob } from './stripe-jobs.ts';

const DAYS = 30;

export const stripeReconcile: Command = {
  name: 'stripe reconcile',
  summary: "compare Stripe's balance transactions with the ledger, day by day in UTC, and heal what is missing",
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
        const { id } = await app.records.jobs.add('reconcile', { connection: connection.id, from, to }, app.now());
        const job = await followJob(app, io, id, (running) => `reconcile: at ${String(running.progress.day ?? from)}`);
        days.push(...(await app.records.reconciliations.between(connection.id, from, to)));
        healed.push(...(job.progress as unknown as ReconcileProgress).healed);
      }
      const residuals = days.flatMap((day) =>
        day.residuals.map((residual) => ({ connection: day.connection, ...asAnswer(residual) })),
      );
      const answer = {
        // Whether the ledger equals Stripe. Every residual has a name either way, so the command has done its work.
        ok: residuals.every(({ name }) => name !== 'missing_in_ledger' && name !== 'amount_differs'),
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
      return 0;
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
    `${day} ${name.replaceAll('_', ' ')}: ${amount_minor} ${currency} (${objects.slice(0, 3).join(', ')})`;
  return [
    `Compared ${answer.days.length} days with movements.`,
    ...answer.healed.map((it) => `healed  ${line(it)}`),
    ...answer.residuals.map((it) => `remains ${line(it)}`),
  ];
}
