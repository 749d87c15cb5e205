import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckUpAnswer } from '../sites/check-up.ts';
import type { Site } from '../storage/records/records.ts';
import type { App } from './app.ts';
import { readArguments } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

const POLL_MS = 100;
/** A server looks for jobs twice a second; one that has not taken it by then is busy or not running. */
const UNTAKEN_MS = 3_000;
const MARKS = { error: '✗', warning: '!', note: '·' } as const;

export const stripeDoctor: Command = {
  name: 'stripe doctor',
  summary:
    'check the whole way from a visit to an attributed payment, and say how to mend what is wrong (exit 1: something has to be)',
  usage: '--site ID [--json]',
  async run(argv, io) {
    const args = readArguments(argv, { site: { required: true } });
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const answer = await ask(app, io, site);
      if (args.json) io.out(JSON.stringify(answer));
      else for (const line of linesOf(answer, site)) io.out(line);
      const errors = answer.findings.filter(({ severity }) => severity === 'error').length;
      // What may stay as it is must not fail a deployment; what loses money or its source should.
      if (errors > 0) io.err(`headwater: ${errors} ${errors === 1 ? 'finding has' : 'findings have'} to be mended`);
      return errors > 0 ? 1 : 0;
    });
  },
};

/** The server has the facts store; where none answers, everything else is checked here. */
async function ask(app: App, io: Io, site: Site): Promise<CheckUpAnswer> {
  const { id } = await app.records.jobs.add('doctor', { site: site.id }, app.now());
  const queuedAt = Date.now();
  for (;;) {
    const job = await app.records.jobs.get(id);
    if (job?.state === 'done') return job.progress['answer'] as CheckUpAnswer;
    if (job?.state === 'failed') throw new Error(`stripe doctor: ${job.error ?? 'failed; the server log says why'}`);
    if (job?.state !== 'running' && Date.now() - queuedAt > UNTAKEN_MS) {
      io.err('No server took the job: checking here, without what the script sent.');
      return app.checkUp(site);
    }
    await sleep(POLL_MS);
    if (io.signal.aborted) throw new Error('interrupted');
  }
}

function linesOf({ findings, checks }: CheckUpAnswer, site: Site): string[] {
  const lines = findings.flatMap(({ severity, title, detail, objects, remedy }) => [
    `${MARKS[severity]} ${title}`,
    ...indented(detail),
    ...(objects.length > 0 ? [`    ${objects.join(' ')}`] : []),
    ...indented(`→ ${remedy.text}`),
    ...(remedy.code === null ? [] : indented(remedy.code, '        ')),
    '',
  ]);
  const skipped = checks.filter(({ state }) => state === 'skipped');
  const passed = checks.filter(({ state }) => state === 'passed').length;
  const sum = findings.length === 0 ? 'nothing to mend' : `${findings.length} to look at`;
  return [
    ...lines,
    `${site.domain}: ${sum}; ${passed} of ${checks.length} checks passed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
  ];
}

const indented = (text: string, by = '    ') => text.split('\n').map((line) => `${by}${line}`);
