import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SPEND_PLATFORMS } from '../core/spend.ts';
import { importSpend } from '../spend/book.ts';
import type { SpendImported } from '../spend/book.ts';
import { SPEND_BYTES_MAX } from '../spend/decode.ts';
import { inWords } from '../spend/group.ts';
import { SpendRefused } from '../spend/refused.ts';
import { readArguments } from './arguments.ts';
import type { Arguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command, Io } from './command.ts';
import { siteOrThrow, withApp } from './site.ts';

export const spendImport: Command = {
  name: 'spend import',
  summary:
    'store what advertising cost from an export of Google Ads, Meta, LinkedIn, TikTok or Microsoft, or lines of ' +
    'date,source,medium,campaign,amount,currency',
  usage:
    'FILE --site ID [--currency eur] [--source google] [--medium cpc] [--account NAME] [--platform google_ads] ' +
    '[--dates mdy|dmy] [--partial] [--preview] [--json]',
  async run(argv, io) {
    const file = argv[0]?.startsWith('-') ? undefined : argv[0];
    const args = readArguments(file === undefined ? argv : argv.slice(1), {
      site: { required: true },
      currency: {},
      source: {},
      medium: {},
      account: {},
      platform: {},
      dates: {},
      partial: { isSwitch: true },
      preview: { isSwitch: true },
    });
    if (file === undefined) throw new UsageError('name the file: spend import report.csv --site ID');
    const options = optionsOf(args);
    const bytes = await bytesOf(file);
    return withApp(io, async (app) => {
      const site = await siteOrThrow(app, args.given('site'));
      const switches = { preview: args.isSet('preview'), partial: args.isSet('partial') };
      const input = { kind: 'file' as const, name: basename(file), bytes, options };
      const answer = await importSpend(app, site, input, switches).catch((error: unknown) => {
        if (!(error instanceof SpendRefused)) throw error;
        throw new Error(`${file}: ${error.message}`, { cause: error });
      });
      if (args.json) io.out(JSON.stringify(answer));
      else tell(io, answer);
      return 0;
    });
  },
};

function optionsOf(args: Arguments) {
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | null => {
    const given = args.text(name);
    if (given === undefined) return null;
    const found = values.find((value) => value === given);
    if (found === undefined)
      throw new UsageError(`--${name} "${given.slice(0, 40)}" is not one of ${values.join(', ')}`);
    return found;
  };
  return {
    platform: oneOf('platform', SPEND_PLATFORMS),
    dates: oneOf('dates', ['mdy', 'dmy'] as const),
    currency: args.text('currency')?.toLowerCase() ?? null,
    source: args.text('source') ?? null,
    medium: args.text('medium') ?? null,
    account: args.text('account') ?? null,
  };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > SPEND_BYTES_MAX) throw new Error('is larger than 10 MB; export fewer days');
    return await readFile(file);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

const DONE = { previewed: 'Would import', imported: 'Imported', unchanged: 'Nothing new:' } as const;

function tell(io: Io, answer: SpendImported): void {
  const { state, rejected, left_out: leftOut } = answer;
  for (const { line, reason } of rejected.lines) io.err(`line ${line}: ${reason}; not imported`);
  for (const { line, reason } of leftOut.lines) io.err(`line ${line}: ${reason}; left out`);
  io.out(
    `${DONE[state]} ${inWords(answer.totals)} of ${answer.campaigns} campaigns, ${answer.from} to ${answer.to} ` +
      `(${answer.platform}): ${answer.new} new days of campaigns, ${answer.changed} changed, ${answer.unchanged} as before` +
      (rejected.count > 0 ? `; ${rejected.count} of ${answer.read} lines left behind` : ''),
  );
  if (answer.import !== null) io.err(`To take it back: Spend > Imports > Undo, import ${answer.import}`);
}
