import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportCsv } from './report-csv.ts';
import type { ReportRow } from './report.ts';

const lines = (rows: ReportRow[], currency: string, dimensions: string[], metrics: string[]) =>
  reportCsv({ rows, totals: Object.fromEntries(metrics.map((name) => [name, 0])), currency }, dimensions).split('\r\n');

test('a line for each row, money in units of its currency, what is unknown empty', () => {
  const rows = [
    { source: 'google', revenue: 123450, visitors: 12, average_order_value: 333.333333, roas: 1.960784 },
    { source: 'refunds, "only"', revenue: -5, visitors: null, average_order_value: null, roas: null },
  ];
  assert.deepEqual(lines(rows, 'usd', ['source'], ['revenue', 'visitors', 'average_order_value', 'roas']), [
    'source,revenue,visitors,average_order_value,roas',
    'google,1234.50,12,3.333333,1.960784',
    '"refunds, ""only""",-0.05,,,',
    '',
  ]);
});

test('currencies without cents, with three digits, and each row’s own', () => {
  const sold = (currency: string) => ({ currency, 'revenue:linear': 1500, 'conversions:linear': 0.5 });
  assert.deepEqual(
    lines(['jpy', 'kwd', 'eur'].map(sold), 'usd', ['currency'], ['revenue:linear', 'conversions:linear']),
    ['currency,revenue:linear,conversions:linear', 'jpy,1500,0.5', 'kwd,1.500,0.5', 'eur,15.00,0.5', ''],
  );
  assert.deepEqual(lines([], 'jpy', ['source'], ['revenue']), ['source,revenue', '']);
});

test('names that a spreadsheet would compute are text', () => {
  const names = ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\tx', 'a=b', '(direct)', 'two\nlines'];
  assert.deepEqual(
    reportCsv(
      { rows: names.map((campaign) => ({ campaign, revenue: -100 })), totals: { revenue: 0 }, currency: 'usd' },
      ['campaign'],
    ),
    [
      'campaign,revenue',
      `"'=HYPERLINK(""http://x"")",-1.00`,
      `'+1,-1.00`,
      `'-1,-1.00`,
      `'@SUM(A1),-1.00`,
      `'\tx,-1.00`,
      'a=b,-1.00',
      '(direct),-1.00',
      '"two\nlines",-1.00',
      '',
    ].join('\r\n'),
  );
});

test('beside a row stands the one it is compared with: of the same names, and as far into its range', () => {
  const file = (
    dimensions: string[],
    [rows, before]: [ReportRow[], ReportRow[]],
    first = { present: '2026-11-01', before: '2026-10-02' },
  ) =>
    reportCsv({ rows, totals: { revenue: 0, visitors: 0 }, currency: 'usd' }, dimensions, {
      name: 'previous_period',
      rows: before,
      first,
    })
      .trimEnd()
      .split('\r\n')
      .slice(1);
  const sold = (names: Record<string, string>, revenue: number, visitors: number) => ({ ...names, revenue, visitors });
  const bySource: [ReportRow[], ReportRow[]] = [
    [sold({ source: 'google' }, 500, 5), sold({ source: 'new' }, 100, 1), sold({ source: '(other)' }, 9, 1)],
    [sold({ source: '(other)' }, 8, 2), sold({ source: '=gone' }, 300, 3), sold({ source: 'google' }, 400, 4)],
  ];
  assert.deepEqual(file(['source'], bySource), [
    'google,5.00,4.00,5,4',
    'new,1.00,,1,',
    '(other),0.09,0.08,1,2',
    "'=gone,,3.00,,3",
  ]);
  assert.deepEqual(file([], [[sold({}, 500, 5)], [sold({}, 400, 4)]]), ['5.00,4.00,5,4']);
  const days = [sold({ day: '2026-11-01', source: 'a' }, 1, 1), sold({ day: '2026-11-03', source: 'a' }, 3, 3)];
  const daysBefore = [
    sold({ day: '2026-10-02', source: 'a' }, 10, 10),
    sold({ day: '2026-10-05', source: 'a' }, 40, 4),
  ];
  assert.deepEqual(file(['day', 'source'], [days, daysBefore]), [
    '2026-11-01,2026-10-02,a,0.01,0.10,1,10',
    '2026-11-03,,a,0.03,,3,',
    ',2026-10-05,a,,0.40,,4',
  ]);
  const times: [dimension: string, present: string, before: string][] = [
    ['hour', '2026-11-02 13:00', '2026-10-03 13:00'],
    // 1 November is a Sunday, 2 October a Friday.
    ['week', '2026-10-26', '2026-09-28'],
    ['week', '2026-11-02', '2026-10-05'],
    ['month', '2026-11', '2026-10'],
    ['month', '2027-01', '2026-12'],
  ];
  for (const [dimension, present, before] of times) {
    assert.deepEqual(
      file([dimension], [[sold({ [dimension]: present }, 2, 2)], [sold({ [dimension]: before }, 1, 1)]]),
      [`${present},${before},0.02,0.01,2,1`],
    );
  }
  assert.deepEqual(
    file([], [[sold({}, 1, 1)], []]),
    ['0.01,,1,'],
    'a model that has no answer for the range before leaves its columns empty',
  );
});
