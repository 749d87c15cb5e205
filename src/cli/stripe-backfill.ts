import type { BackfillProgress } from '../payments/backfill-plan.ts';
import { requestBackfill } from '../payments/backfill-start.ts';
import type { Job } from '../storage/records/records.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';
import { connectionsWithKey, dayOption, followJob } from './stripe-jobs.ts';

export const stripeBackfill: Command = {
  name: 'stripe backfill',
  summary: "read the account's history from Stripe (goes on where it was interrupted)",
  usage: '--site ID [--since 2026-01-31] [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true }, since: {} });
    const since = dayOption('since', args.text('since'));
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const answers = [];
      for (const connection of await connectionsWithKey(app, site.id)) {
        const sinceMs = since === null ? null : Date.parse(`${since}T00:00:00Z`);
        const id = await requestBackfill(app.records, connection.id, sinceMs, app.now());
        const job = await followJob(app, io, id, (running) => `backfill: ${inWords(running)}`);
        answers.push({ connection: connection.id, livemode: connection.mode === 'live', ...answerOf(job) });
        for (const { list, reason } of answers.at(-1)!.skipped) io.err(`backfill: ${list} were skipped: ${reason}`);
        for (const { id: object, reason } of answers.at(-1)!.bad)
          io.err(`backfill: ${object} was not booked: ${reason}`);
      }
      const objects = answers.flatMap((answer) => answer.steps).reduce((sum, step) => sum + step.objects, 0);
      io.out(args.json ? JSON.stringify({ connections: answers }) : `Read ${objects} objects.`);
      return 0;
    });
  },
};

function stepsOf(job: Job) {
  const { steps } = job.progress as Partial<BackfillProgress>;
  return Object.entries(steps ?? {}).map(([list, step]) => ({ list, ...step }));
}

function inWords(job: Job): string {
  const read = stepsOf(job).filter((step) => step.objects > 0);
  if (read.length === 0) return job.state === 'queued' ? 'in line' : 'begins';
  return read.map(({ list, objects, state }) => `${list} ${objects}${state === 'done' ? ' (all)' : ''}`).join(', ');
}

function answerOf(job: Job) {
  const { bad } = job.progress as Partial<BackfillProgress>;
  const steps = stepsOf(job).map(({ list, state, objects, fresh }) => ({ list, state, objects, new: fresh }));
  const skipped = stepsOf(job).filter((step) => step.state === 'skipped');
  return { steps, skipped: skipped.map(({ list, reason }) => ({ list, reason })), bad: bad ?? [] };
}
