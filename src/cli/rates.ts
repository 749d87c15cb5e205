import { readFile, stat } from 'node:fs/promises';
import { rateDay } from '../core/rates.ts';
import { bookRates } from '../payments/rates-book.ts';
import { readRates } from '../payments/rates-text.ts';
import { readArguments } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { withApp } from './site.ts';

const BYTES_MAX = 256 * 1024 * 1024;

export const ratesImport: Command = {
  name: 'rates import',
  summary: 'store exchange rates from a file: Date,USD,JPY,… against the euro, or lines of date,base,quote,rate',
  usage: 'FILE [--json]',
  async run(argv, io) {
    const file = argv[0]?.startsWith('-') ? undefined : argv[0];
    const options = file === undefined ? argv : argv.slice(1);
    const args = readArguments(options, {});
    if (file === undefined) throw new UsageError('name the file: rates import eurofxref-hist.csv');
    const text = await textOf(file);
    return withApp(io, async (app) => {
      const now = app.now();
      const rates = read(file, text, rateDay(now));
      const booked = await bookRates(app.records, rates, 'file', now);
      if (args.json) io.out(JSON.stringify(booked));
      else {
        io.out(`${booked.rates} rates of ${booked.from} to ${booked.to}, ${booked.changed} of them new or changed`);
        if (booked.changed > 0) io.err('The server credits the payments they concern again.');
      }
      return 0;
    });
  },
};

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > BYTES_MAX) throw new Error(`is larger than ${BYTES_MAX} bytes; split it`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function read(file: string, text: string, today: string) {
  try {
    return readRates(text, today);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}; nothing was stored`, { cause: error });
  }
}
