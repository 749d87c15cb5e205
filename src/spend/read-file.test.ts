import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { readCsv } from './csv.ts';
import { readSpendFile } from './read-file.ts';
import { NOTHING_SAID } from './options.fixture.ts';
import type { SpendFileOptions } from './options.ts';
import { SpendRefused } from './refused.ts';

const TODAY = '2026-11-21';
const sample = (name: string) => readFileSync(new URL(`../../test/spend/${name}`, import.meta.url));
const read = (bytes: Uint8Array | string, said: Partial<SpendFileOptions> = {}) =>
  readSpendFile(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, { ...NOTHING_SAID, ...said }, TODAY);
/** day, account, campaign's id, campaign, amount, currency, clicks, impressions */
const rows = (found: Awaited<ReturnType<typeof read>>) =>
  found.lines.map(({ spend }) =>
    [
      spend.day,
      spend.account,
      spend.campaignId,
      spend.campaign,
      spend.amountMinor,
      spend.currency,
      spend.clicks ?? '?',
      spend.impressions ?? '?',
    ].join(' · '),
  );
const left = (found: Awaited<ReturnType<typeof read>>) => found.leftOut.map(({ line, reason }) => `${line} ${reason}`);

describe('exports of ad platforms', () => {
  const google = [
    '2026-11-02 ·  · 8001 · Brand | Exact · 120505 · eur · 311 · 12440',
    '2026-11-03 ·  · 8001 · Brand | Exact · 98000 · eur · 250 · 9100',
    '2026-11-03 ·  · 8002 · Shoes, winter · 0 · eur · 0 · 0',
  ];

  it('Google Ads: a preamble, thousands, segments added up, totals left out', async () => {
    const found = await read(sample('google.csv'));
    assert.deepEqual(
      [found.platform, found.encoding, rows(found), found.rejected],
      ['google_ads', 'utf-8', google, []],
    );
    assert.deepEqual(left(found), ['8 a total', '9 a total']);
    assert.deepEqual([found.columns.amount, found.columns.day, found.read], ['Cost', 'Day', 4]);
  });

  it('Google Ads "Excel .csv": UTF-16 with tabs, with and without a mark, in both byte orders', async () => {
    const text = sample('google.csv')
      .toString()
      .replaceAll(/("(?:[^"]|"")*")|,/g, (match, quoted) => quoted ?? (match === ',' ? '\t' : match));
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    const files = {
      'utf-16le': [Buffer.concat([Buffer.from([0xff, 0xfe]), little]), little],
      'utf-16be': [Buffer.concat([Buffer.from([0xfe, 0xff]), big]), big],
    };
    for (const [encoding, inBoth] of Object.entries(files)) {
      for (const bytes of inBoth) {
        const found = await read(bytes);
        assert.deepEqual([found.encoding, rows(found)], [encoding, google]);
      }
    }
  });

  it('Google Ads in a German account: decimal commas, dotted dates', async () => {
    const found = await read(sample('google-german.csv'));
    assert.deepEqual(rows(found), [
      '2026-11-02 ·  ·  · Marke · 120450 · eur · 1310 · 12400',
      '2026-11-03 ·  ·  · Marke · 98005 · eur · 250 · 9100',
    ]);
    assert.equal(left(found).length, 1);
  });

  it('Meta: the currency in the header, quotes in names, a sum without a name, empty for nothing spent', async () => {
    const found = await read(sample('meta.csv'));
    assert.equal(found.platform, 'meta_ads');
    assert.deepEqual(rows(found), [
      '2026-11-02 ·  ·  · Prospecting "lookalike" · 1234 · gbp · 55 · 2600',
      '2026-11-03 ·  ·  · Prospecting "lookalike" · 2316 · gbp · 65 · 3000',
      '2026-11-03 ·  ·  · Retargeting · 0 · gbp · ? · ?',
    ]);
    assert.deepEqual(left(found), ['2 a total: it names no campaign and no day']);
  });

  it('Meta without the breakdown by day: a line of many days is named and refused', async () => {
    const found = await read(sample('meta-by-range.csv'));
    assert.equal(found.lines.length, 1);
    assert.match(found.rejected[0]!.reason, /^covers 2026-11-01 to 2026-11-30, not one day; in Ads Manager/);
    assert.equal(found.rejected[0]!.line, 3);
  });

  it('LinkedIn: a preamble, tabs, month first, fractions of a cent', async () => {
    const found = await read(
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(sample('linkedin.csv').toString(), 'utf16le')]),
    );
    assert.equal(found.platform, 'linkedin_ads');
    assert.deepEqual(rows(found), [
      '2026-11-02 · Acme · 330011 · CTOs in DACH · 4000 · usd · 4 · 900',
      '2026-11-03 · Acme · 330011 · CTOs in DACH · 4000 · usd · 3 · 880',
      '2026-11-04 · Acme · 330011 · CTOs in DACH · 0 · usd · 0 · 0',
    ]);
  });

  it('TikTok: ids longer than a number holds, a line of totals', async () => {
    const found = await read(sample('tiktok.csv'));
    assert.equal(found.platform, 'tiktok_ads');
    assert.deepEqual(rows(found), [
      '2026-11-02 ·  · 1777000111222333 · UGC spring · 1520 · usd · 90 · 8000',
      '2026-11-03 ·  · 1777000111222333 · UGC spring · 1680 · usd · 95 · 8200',
    ]);
    assert.deepEqual(left(found), ['4 a total']);
  });

  it('TikTok with the words Date and Total cost', async () => {
    const found = await read('Campaign name,Date,Total cost,Currency\nUGC,2026-11-02,15.20,USD\n');
    assert.deepEqual([found.platform, rows(found)], ['tiktok_ads', ['2026-11-02 ·  ·  · UGC · 1520 · usd · ? · ?']]);
  });

  it('Microsoft: a preamble, a total and a remark at the end, a BOM', async () => {
    const found = await read(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), sample('microsoft.csv')]));
    assert.equal(found.platform, 'microsoft_ads');
    assert.deepEqual(rows(found), [
      '2026-11-02 · F1000AB · 551 · Brand · 960 · usd · 12 · 410',
      '2026-11-03 · F1000AB · 551 · Brand · 840 · usd · 11 · 390',
    ]);
    assert.deepEqual(left(found), ['13 a total', '15 a remark of the platform']);
  });

  const LANGUAGES: [what: string, platform: string, lines: string[]][] = [
    ['Google, German', 'google_ads', ['Tag,Kampagne,Währungscode,Kosten,Klicks,Impr.', 'Gesamt: Kampagnen,,EUR,1,1,1']],
    ['Google, French', 'google_ads', ['Jour,Campagne,Code de devise,Coût,Clics,Impr.', 'Total : campagnes,,EUR,1,1,1']],
    ['Google, Spanish', 'google_ads', ['Día,Campaña,Código de moneda,Coste,Clics,Impr.', 'Total: Cuenta,,EUR,1,1,1']],
    ['Google, Italian', 'google_ads', ['Giorno,Campagna,Codice valuta,Costo,Clic,Impr.', 'Totale: Account,,EUR,1,1,1']],
    [
      'Google, Portuguese',
      'google_ads',
      ['Dia,Campanha,Código da moeda,Custo,Cliques,Impr.', 'Total: Conta,,EUR,1,1,1'],
    ],
    ['Google, Dutch', 'google_ads', ['Dag,Campagne,Valutacode,Kosten,Klikken,Vert.', 'Totaal: Account,,EUR,1,1,1']],
    [
      'Meta, German',
      'meta_ads',
      ['Tag,Kampagnenname,Währung,Ausgegebener Betrag (EUR),Link-Klicks,Impressionen', ',,,1,1,1'],
    ],
    [
      'Meta, French',
      'meta_ads',
      ['Jour,Nom de la campagne,Devise,Montant dépensé (EUR),Clics sur le lien,Impressions', ',,,1,1,1'],
    ],
    [
      'Meta, Spanish',
      'meta_ads',
      ['Día,Nombre de la campaña,Divisa,Importe gastado (EUR),Clics en el enlace,Impresiones', ',,,1,1,1'],
    ],
    [
      'Meta, Italian',
      'meta_ads',
      ['Giorno,Nome della campagna,Valuta,Importo speso (EUR),Clic sul link,Impression', ',,,1,1,1'],
    ],
    [
      'Meta, Portuguese',
      'meta_ads',
      ['Dia,Nome da campanha,Moeda,Valor usado (EUR),Cliques no link,Impressões', ',,,1,1,1'],
    ],
    ['Meta, Dutch', 'meta_ads', ['Dag,Campagnenaam,Valuta,Besteed bedrag (EUR),Linkklikken,Weergaven', ',,,1,1,1']],
  ];
  for (const [what, platform, [header, total]] of LANGUAGES) {
    it(`${what}: the same columns, a total at the end`, async () => {
      const found = await read(`Report\n${header}\n2026-11-02,Été,EUR,"1.204,50",7,"1.310"\n${total}\n`);
      assert.equal(found.platform, platform);
      assert.deepEqual(rows(found), ['2026-11-02 ·  ·  · Été · 120450 · eur · 7 · 1310']);
      assert.equal(found.leftOut.length, 1);
    });
  }

  it('a column of an English export that means another in German', async () => {
    const found = await read('Tag,Day,Campaign,Currency code,Cost\nx,2026-11-02,Brand,EUR,1.50\n');
    assert.deepEqual(rows(found), ['2026-11-02 ·  ·  · Brand · 150 · eur · ? · ?']);
  });

  it('our own layout, in several currencies', async () => {
    const found = await read(sample('own.csv'));
    assert.equal(found.platform, 'own');
    assert.deepEqual(rows(found), [
      '2026-11-02 ·  ·  · issue 12 · 45000 · usd · ? · ?',
      '2026-11-03 ·  ·  ·  · 30000 · jpy · 10 · ?',
    ]);
  });
});

describe('what cannot be read', () => {
  it('every bad line is named with its number and what is wrong', async () => {
    const { rejected, lines } = await read(sample('own-bad.csv'));
    assert.deepEqual(
      rejected.map(({ line, reason }) => `${line} ${reason}`),
      [
        '3 "2026-11-31" is not a day',
        '4 names no source',
        '5 the amount "about 100" is not a number',
        `6 "dollars" is not a currency's three letters`,
        '7 has 7 cells, the header 6; a name with a comma needs quotes',
        '8 2027-03-01 has not begun yet',
        '9 the amount "" is not a number',
      ],
    );
    assert.equal(lines.length, 1);
  });

  const cases: Record<string, [text: string, said: Partial<SpendFileOptions>, field: string, message: RegExp]> = {
    'no header': ['a,b\n1,2', {}, 'file', /no line of it is a header that is known \(it begins "a,b"\)/],
    'the header of another platform, with words of Microsoft': [
      'Date,Campaign Name,Campaign ID,Currency,Spend,Impressions,Clicks\n2026-11-02,A,1,USD,1,1,1',
      {},
      'file',
      /no line of it is a header that is known.*say which \(--platform, \?platform=\); else write its lines as/,
    ],
    'the same by time period': [
      'Time period,Campaign name,Currency,Spend\n2026-11-02,A,USD,1',
      {},
      'file',
      /no line of it is a header that is known/,
    ],
    'the header of another platform, with words of Meta': [
      'Day,Campaign Name,Currency,Amount Spent\n2026-11-02,A,USD,1',
      {},
      'file',
      /no line of it is a header that is known/,
    ],
    'by week': [
      'Week,Campaign,Currency code,Cost\n2026-11-02,Brand,EUR,1',
      {},
      'file',
      /is by week, not by day; in Google/,
    ],
    'by week, in German': [
      'Woche,Kampagne,Währungscode,Kosten\n2026-11-02,Marke,EUR,1',
      {},
      'file',
      /is by week, not by day; in Google/,
    ],
    'no campaign': ['Day,Currency,Amount spent (EUR)\n2026-11-02,EUR,1', {}, 'file', /no column with the campaign/],
    'no currency': ['Day,Campaign,Cost\n2026-11-02,Brand,1', {}, 'currency', /does not say its currency; say it/],
    'another currency': [
      'Day,Campaign name,Amount spent (EUR)\n2026-11-02,Brand,1',
      { currency: 'usd' },
      'currency',
      /header says eur, and you said usd/,
    ],
    'either date': [
      'Day,Campaign,Currency code,Cost\n03/04/2026,Brand,EUR,1',
      {},
      'dates',
      /could be month\/day or day\/month/,
    ],
    'both dates': [
      'Day,Campaign,Currency code,Cost\n13/04/2026,Brand,EUR,1\n04/13/2026,Brand,EUR,1',
      {},
      'file',
      /some dates as month\/day/,
    ],
    'both marks': [
      'Day,Campaign,Currency code,Cost\n2026-11-02,A,EUR,"1,5"\n2026-11-02,B,EUR,1.5',
      {},
      'file',
      /some amounts as 1,234.50/,
    ],
    'an open quote': ['Day,Campaign,Currency code,Cost\n2026-11-02,"Brand,EUR,1\n', {}, 'file', /line 2: a quote/],
    'a workbook': ['PK\u0003\u0004', {}, 'file', /Excel workbook; export as CSV/],
    nothing: ['', {}, 'file', /is empty/],
  };
  for (const [name, [text, said, field, message]] of Object.entries(cases)) {
    it(name, async () => {
      return assert.rejects(
        () => read(text, said),
        (error) => error instanceof SpendRefused && error.field === field && message.test(error.message),
      );
    });
  }

  it('too many bytes and too many lines are refused before anything is kept', async () => {
    await assert.rejects(() => read(Buffer.alloc(10 * 1024 * 1024 + 1, 'a')), /larger than 10 MB/);
    const many = `date,source,medium,campaign,amount,currency\n${'2026-11-02,a,b,c,1,usd\n'.repeat(200_001)}`;
    await assert.rejects(() => read(many), /more than 200000 lines/);
  });
});

it('a quote of the preamble, which only another delimiter would open, is a letter', async () => {
  const text = 'Report: a,"b\nDay\tCampaign\tCurrency code\tCost\n2026-11-02\tBrand\tEUR\t1.50\n';
  for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
    assert.deepEqual(rows(await read(bytes)), ['2026-11-02 ·  ·  · Brand · 150 · eur · ? · ?']);
  }
});

describe('what a person says about a file', () => {
  it('whose it is, where the header has only words of many', async () => {
    const text = 'Date,Campaign Name,Currency,Spend\n2026-11-02,Brand,USD,1\n';
    const found = await read(text, { platform: 'microsoft_ads' });
    assert.deepEqual([found.platform, found.lines.length], ['microsoft_ads', 1]);
  });

  it('the order of dates, the currency, source, medium and account', async () => {
    const text = 'Day,Campaign,Cost\n03/04/2026,Brand,1.50\n';
    const said = { dates: 'dmy', currency: 'chf', source: 'google', medium: 'ppc', account: 'A' } as const;
    const [line] = (await read(text, said)).lines;
    const { day, currency, source, medium, account, amountMinor } = line!.spend;
    assert.deepEqual(
      [day, currency, source, medium, account, amountMinor],
      ['2026-04-03', 'chf', 'google', 'ppc', 'A', 150],
    );
  });

  it('Windows files with letters of Western Europe', async () => {
    const bytes = Buffer.from('Day;Campaign;Currency code;Cost\n2026-11-02;Caf\u00e9;EUR;1.234\n', 'latin1');
    const found = await read(bytes);
    assert.deepEqual(
      [found.encoding, rows(found)],
      ['windows-1252', ['2026-11-02 ·  ·  · Café · 123400 · eur · ? · ?']],
    );
  });

  it('one campaign and day in two currencies is two lines, each added up by itself', async () => {
    const text =
      'Day,Campaign,Currency code,Cost\n2026-11-02,A,EUR,1\n2026-11-02,A,USD,1\n2026-11-02,A,EUR,2\n2026-11-02,A,USD,5\n';
    const found = await read(text);
    assert.deepEqual(
      [found.rejected, rows(found)],
      [[], ['2026-11-02 ·  ·  · A · 300 · eur · ? · ?', '2026-11-02 ·  ·  · A · 600 · usd · ? · ?']],
    );
  });
});

it('what has no parts tells which mark groups, and a semicolon above the header tells nothing', async () => {
  const google = (cost: string, currency: string, clicks: string, cells = ',', above = '') =>
    [above, ['Day', 'Campaign', 'Currency code', 'Cost', 'Clicks'], ['2026-11-02', 'a', currency, cost, clicks]]
      .map((line) => (typeof line === 'string' ? line : line.join(cells)))
      .join('\n');
  const amounts = async (text: string) =>
    (await read(text)).lines.map(({ spend }) => [spend.amountMinor, spend.clicks]);
  assert.deepEqual(await amounts(google('"1,234"', 'JPY', '5', ',', 'Spend; all campaigns')), [[1234, 5]]);
  assert.deepEqual(await amounts(google('"1,234"', 'USD', '5', ',', 'Spend; all campaigns')), [[1234_00, 5]]);
  assert.deepEqual(await amounts(google('1,234', 'JPY', '5', ';')), [[1234, 5]]);
  assert.deepEqual(await amounts(google('1,234', 'USD', '1,005', ';')), [[1234_00, 1005]]);
  assert.deepEqual(await amounts(google('1.234', 'EUR', '1.005', '\t')), [[1234_00, 1005]]);
  assert.deepEqual(await amounts(google('1.234', 'EUR', '5', ';')), [[1234_00, 5]]);
});

it('CSV: whatever was written is read, with any delimiter and line ending', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', '\r\n', ' ', 'é'), maxLength: 6 });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(table, fc.constantFrom(',', ';', '\t'), fc.constantFrom('\n', '\r\n', '\r'), (rows, delimiter, end) => {
      const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(delimiter)).join(end);
      const found = [...readCsv(text, delimiter)].map(({ cells }) => cells);
      assert.deepEqual(
        found,
        rows.filter((row) => row.some((one) => one.trim() !== '')),
      );
    }),
  );
});
