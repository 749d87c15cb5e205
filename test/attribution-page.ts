// The worked examples of docs/attribution.md, from the tables that the models are tested with.
// `node test/attribution-page.ts` writes them into the page; test/docs.test.ts fails when the page says anything else.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  DATA_DRIVEN_EXAMPLES,
  DATA_DRIVEN_PATHS,
  MODEL_EXAMPLES,
  PATH_EXAMPLES,
} from '../src/core/attribution/examples.fixture.ts';
import { RULE_MODELS } from '../src/core/attribution/models.ts';
import type { ModelSettings } from '../src/core/attribution/settings.ts';

const PAGE = fileURLToPath(new URL('../docs/attribution.md', import.meta.url));

/** Marker → table. In the page a block stands between `<!-- examples: name -->` and `<!-- end -->`. */
const blocks: Record<string, string> = {
  paths: table(
    ['touchpoints', 'paid on', 'with', 'path'],
    PATH_EXAMPLES.map((one) => [
      journey(one.touchpoints),
      `day ${one.paidOn}`,
      settings(one.settings),
      journey(one.path),
    ]),
  ),
  ...Object.fromEntries(
    RULE_MODELS.map((model) => [
      model,
      table(
        ['path', 'with', 'paid', 'credits'],
        MODEL_EXAMPLES[model].map((one) => [
          journey(one.path),
          settings(one.settings ?? {}),
          money(one.paidMinor),
          one.credits.map(money).join(' · '),
        ]),
      ),
    ]),
  ),
  'data-driven': table(
    ['path', 'conversions', 'without', 'value'],
    DATA_DRIVEN_PATHS.map((one) => [
      one.channels.join(' → '),
      String(one.conversions),
      String(one.nulls),
      money(one.valueMinor),
    ]),
  ),
  markov: shares('removal effect', DATA_DRIVEN_EXAMPLES.markov),
  shapley: shares('part of the value', DATA_DRIVEN_EXAMPLES.shapley),
};

function shares(effect: string, rows: (typeof DATA_DRIVEN_EXAMPLES)[keyof typeof DATA_DRIVEN_EXAMPLES]): string {
  return table(
    ['channel', effect, 'of 3 conversions', 'of 300.00'],
    rows.map((one) => [one.channel, one.effect, one.conversions, money(one.creditMinor)]),
  );
}

function journey(text: string): string {
  return text
    .split(' ')
    .map((landing) => landing.replace(/^(.+)@(.+)$/, '$1 (day $2)'))
    .join(' → ');
}

function money(amountMinor: number): string {
  return (amountMinor / 100).toFixed(2);
}

function settings({ windowDays, positionPercents, halfLifeHours, custom, ...flags }: Partial<ModelSettings>): string {
  const said = [
    windowDays ? `window of ${windowDays} days` : '',
    positionPercents ? `${positionPercents.first}/${positionPercents.middle}/${positionPercents.last}` : '',
    halfLifeHours ? `half-life ${halfLifeHours} hours` : '',
    custom ? `from start ${list(custom.fromStart)}; others ${custom.others}; from end ${list(custom.fromEnd)}` : '',
    flags.ignoreDirect ? 'direct ignored' : '',
    flags.collapseRepeats ? 'repeats collapsed' : '',
  ];
  return said.filter((one) => one !== '').join(', ') || 'defaults';
}

function list(weights: readonly number[]): string {
  return weights.join(', ') || 'none';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(' | ')} |`;
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ].join('\n');
}

/** The page with every block as it must be. A marker without a table, or a table without a marker, throws. */
export function withExamples(page: string): string {
  const left = new Set(Object.keys(blocks));
  const written = page.replaceAll(/(<!-- examples: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    if (!left.delete(name))
      throw new Error(`docs/attribution.md: no examples are called "${name}", or it is there twice`);
    return `${start}\n${blocks[name]}\n\n${end}`;
  });
  if (left.size > 0) throw new Error(`docs/attribution.md lacks <!-- examples: ${[...left].join(', ')} -->`);
  return written;
}

if (import.meta.main) writeFileSync(PAGE, withExamples(readFileSync(PAGE, 'utf8')));
