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
