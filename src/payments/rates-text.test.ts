import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BadRates, readRates } from './rates-text.ts';

const TODAY = '2026-11-21';
const shown = (text: string) => readRates(text, TODAY).map((it) => `${it.day} ${it.base}/${it.quote} ${it.rate}`);

const BANK_XML = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01">
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube>
    <Cube time='2026-11-20'>
      <Cube currency='USD' rate='1.0931'/>
      <Cube rate="165.20" currency="JPY" />
    </Cube>
    <Cube time="2026-11-19"><Cube currency="USD" rate="1.0902"/></Cube>
  </Cube>
</gesmes:Envelope>`;

describe('rates are read', () => {
  test('from the bank’s table, whatever its line ends and gaps', () => {
    const table = '\uFEFFDate,USD,JPY,CYP,\r\n2026-11-20,1.0931,165.2,N/A,\r\n\r\n2026-11-19,1.0902,,0.58,\r\n';
    assert.deepEqual(shown(table), [
      '2026-11-20 eur/usd 1.0931',
      '2026-11-20 eur/jpy 165.2',
      '2026-11-19 eur/usd 1.0902',
      '2026-11-19 eur/cyp 0.58',
    ]);
  });

  test('from lines of date,base,quote,rate', () => {
    const lines = 'date,base,quote,rate\n2026-11-20,USD,"isk",138.20\n 2026-11-20 , usd , kwd , 0.30698\n';
    assert.deepEqual(shown(lines), ['2026-11-20 usd/isk 138.20', '2026-11-20 usd/kwd 0.30698']);
  });

  test('from the bank’s XML', () => {
    assert.deepEqual(shown(BANK_XML), [
      '2026-11-20 eur/usd 1.0931',
      '2026-11-20 eur/jpy 165.20',
      '2026-11-19 eur/usd 1.0902',
    ]);
  });
});

describe('what is wrong is named with its line', () => {
  const long = (line: string) => `date,base,quote,rate\n2026-11-20,eur,usd,1.09\n${line}`;
  const cases: [title: string, text: string, message: RegExp][] = [
    ['nothing', ' \n', /the file is empty/],
    ['a header alone', 'Date,USD\n', /no rates in it/],
    ['another table', 'name,price\nx,1', /^line 1: "name,price" is no header/],
    ['a column that is no currency', 'Date,USD,Euro\n', /^line 1: "euro" is not a currency/],
    ['a column twice', 'Date,USD,usd\n', /^line 1: a currency has two columns/],
    ['more rates than columns', 'Date,USD\n2026-11-20,1,2\n', /^line 2: has 2 rates for 1/],
    ['a day that is not in the calendar', long('2026-02-30,eur,usd,1'), /^line 3: "2026-02-30" is not a day/],
    ['a day to come', long('2026-11-22,eur,usd,1'), /^line 3: 2026-11-22 has not begun/],
    ['a missing value', long('2026-11-19,eur,usd'), /^line 3: has 3 values/],
    ['a base that is none', long('2026-11-19,€,usd,1'), /^line 3: "€" is not a currency/],
    ['a currency against itself', long('2026-11-19,usd,usd,1'), /^line 3: usd\/usd is no exchange rate/],
    ['nothing for something', long('2026-11-19,eur,usd,0.0'), /^line 3: "0.0" is not a rate/],
    ['a negative', long('2026-11-19,eur,usd,-1.09'), /^line 3: "-1.09" is not a rate/],
    ['a float', long('2026-11-19,eur,usd,1e3'), /^line 3: "1e3" is not a rate/],
    [
      'two values for one',
      long('2026-11-20,EUR,USD,1.10'),
      /^line 3: eur\/usd of 2026-11-20 is 1.10 here and 1.09 before/,
    ],
    ['an archive', 'PK\u0003\u0004', /zip archive; unpack it/],
    ['a page', '<!doctype html><p>404', /no rates in it/],
    ['XML without a day', '<Cube currency="USD" rate="1"/>', /^line 1: a rate comes before/],
    ['XML without a rate', '<x>\n<Cube time="2026-11-20">\n<Cube currency="USD"/>', /^line 3: "" is not a rate/],
  ];
  for (const [title, text, message] of cases) {
    test(title, () => {
      assert.throws(
        () => readRates(text, TODAY),
        (error: unknown) => error instanceof BadRates && message.test(error.message),
      );
    });
  }

  test('a rate given twice with one value is one', () => {
    assert.equal(readRates(long('2026-11-20,eur,usd,1.09'), TODAY).length, 1);
  });
});
