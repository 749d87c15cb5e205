// What the guides list stands in the code too, and the other way round.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import channels from '../src/core/channel-table.json' with { type: 'json' };
import { COVERAGE_RULE } from '../src/core/coverage.ts';
import { RESTATEMENT_REASONS } from '../src/core/restatement.ts';
import { UNATTRIBUTED_REASONS, VISITOR_METADATA_KEYS } from '../src/core/link.ts';
import { DATA_DRIVEN_MODELS } from '../src/core/attribution/data-driven.ts';
import { RULE_MODELS } from '../src/core/attribution/models.ts';
import {
  FILTER_DEPTH_MAX,
  FILTER_VALUE_LENGTH_MAX,
  FILTER_VALUES_MAX,
  FILTERS_MAX,
  OPERATOR_ALIASES,
} from '../src/core/report-filters.ts';
import { dimensionsOf } from '../src/core/report-scope.ts';
import { DIMENSIONS, FILTER_OPERATORS, METRICS } from '../src/core/report.ts';
import { PERMISSIONS } from '../src/stripe/permissions.ts';
import { withExamples } from './attribution-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** Rows of a guide's tables as trimmed cells. */
const rows = (path: string) =>
  read(path)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

describe('the guides are true', () => {
  it('docs/channels.md shows the truth table, row by row', () => {
    const shown = rows('docs/channels.md').slice(2);
    assert.deepEqual(
      shown,
      channels.map((row) => [row.source, row.medium, row.campaign, row.channel, 'why' in row ? (row.why ?? '') : '']),
    );
  });

  it('docs/attribution.md defines every model, and shows the examples that the models are tested with', () => {
    const page = read('docs/attribution.md');
    assert.equal(page, withExamples(page), 'run: node test/attribution-page.ts');
    const titles = [...page.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1]);
    assert.deepEqual(titles, [...RULE_MODELS, ...DATA_DRIVEN_MODELS]);
  });

  it('docs/reports.md says every metric, dimension and operator, and what splits what', () => {
    const tables = rows('docs/reports.md');
    const namesIn = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
    const listed = (title: string) => {
      const table = tables.slice(tables.findIndex(([first]) => first === title) + 2);
      const end = table.findIndex(([first]) => /^-+$/.test(first!));
      return end < 0 ? table : table.slice(0, end - 1);
    };
    const firsts = (title: string) => listed(title).map(([first]) => namesIn(first!)[0]);
    assert.deepEqual(firsts('metric'), [...METRICS]);
    assert.deepEqual(firsts('dimension'), [...DIMENSIONS]);
    assert.deepEqual(firsts('operator'), [...FILTER_OPERATORS, ...Object.keys(OPERATOR_ALIASES)]);
    const split = listed('metrics').flatMap(([metrics, by]) =>
      namesIn(metrics!).map((metric) => [metric, namesIn(by!)] as const),
    );
    assert.deepEqual(Object.fromEntries(split), Object.fromEntries(METRICS.map((one) => [one, dimensionsOf(one)])));
    const text = read('docs/reports.md');
    const bounds = `At most ${FILTERS_MAX} conditions, groups ${FILTER_DEPTH_MAX} deep, ${FILTER_VALUES_MAX} values`;
    assert.ok(text.includes(bounds) && text.includes(`${FILTER_VALUE_LENGTH_MAX} characters a value`), bounds);
  });

  it('docs/operations.md lists every setting, and no other', () => {
    const inCode = [
      ...new Set(
        read('src/config.ts')
          .match(/^ {2}[A-Z][A-Z_]+(?=:)/gm)
          ?.map((name) => name.trim()),
      ),
    ];
    const listed = [...read('docs/operations.md').matchAll(/`([A-Z][A-Z_]+)`/g)].map((match) => match[1]!);
    const inDocs = [...new Set(listed)].filter((name) => name !== 'SIGTERM');
    assert.deepEqual(inDocs.sort(), inCode.sort());
  });

  it('docs/payments.md knows every reason, model and metadata key', () => {
    const text = read('docs/payments.md');
    const names = [...Object.keys(UNATTRIBUTED_REASONS), ...RULE_MODELS, ...VISITOR_METADATA_KEYS];
    assert.deepEqual(
      names.filter((name) => !text.includes(`\`${name}\``)),
      [],
    );
  });

  it('docs/identity.md lists every reason of a restatement, and the figures of the coverage rule', () => {
    const reasons = rows('docs/identity.md').flatMap(([first]) => /^`(\w+)`$/.exec(first!)?.[1] ?? []);
    assert.deepEqual(reasons.toSorted(), Object.keys(RESTATEMENT_REASONS).toSorted());
    const { pastDays, pastMin, recentMin, windowsMs, fallMin, backMax } = COVERAGE_RULE;
    const text = read('docs/identity.md').replaceAll(/\s+/g, ' ');
    for (const figure of [
      `fewer than ${recentMin} payments in it the last ${windowsMs.slice(1).map((ms) => ms / 3_600_000)[0]} hours`,
      `the ${pastDays} days before that, with at least ${pastMin} payments`,
      `at least ${fallMin * 100} points`,
      `(${recentMin} to ${backMax})`,
    ]) {
      assert.ok(text.includes(figure), figure);
    }
  });

  it('docs/pixel.md lists every feature of data-more, and no other', () => {
    const source = readdirSync(join(root, 'sdk/src')).map((file) => read(`sdk/src/${file}`));
    const inCode = source.flatMap((text) => [...text.matchAll(/\bwants\('(\w+)'\)/g)].map((match) => match[1]!));
    const [, cell] = rows('docs/pixel.md').find(([first]) => first === '`data-more`')!;
    assert.deepEqual(/`(.+)`/.exec(cell!)![1]!.split(' ').sort(), [...new Set(inCode)].sort());
  });

  it('docs/stripe.md lists every permission, and what stops working without it', () => {
    const shown = rows('docs/stripe.md').slice(2);
    const asked = PERMISSIONS.map(({ label, access, without }) => [
      access === 'write' ? `${label}: Write` : label,
      without,
    ]);
    assert.deepEqual(shown, asked);
  });

  it('links and pictures lead somewhere', () => {
    const pages = [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'docs/payments.md',
      'docs/attribution.md',
      'docs/operations.md',
      'docs/channels.md',
      'docs/spend.md',
      'docs/currencies.md',
      'docs/subscriptions.md',
      'docs/journeys.md',
      'docs/identity.md',
      'docs/pixel.md',
      'docs/first-party.md',
    ];
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map((match) => match[1]!)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });
});
