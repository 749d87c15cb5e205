import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRecords } from '../storage/records/open.ts';
import type { App } from './app.ts';
import { COMMANDS } from './commands.ts';
import { run } from './run.ts';

const log = { info() {}, warn() {}, error() {} };
const dataDir = mkdtempSync(join(tmpdir(), 'headwater-spend-'));
const open = () => openRecords({ dataDir, log });
const sample = (name: string) => fileURLToPath(new URL(`../../test/spend/${name}`, import.meta.url));
let site = '';

before(async () => {
  const records = open();
  await records.migrate();
  const team = await records.teams.default(1);
  const shop = { team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' };
  site = (await records.sites.add(shop, 1)).id;
  await records.close();
});
after(() => rmSync(dataDir, { recursive: true }));

async function headwater(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    terminal: false,
    signal: AbortSignal.timeout(20_000),
    serve: async () => {},
    openApp: async () => {
      const records = open();
      return { records, now: () => Date.parse('2026-11-21T00:00:00Z'), close: () => records.close() } as unknown as App;
    },
  };
  const code = await run(argv, io, COMMANDS);
  return { code, out, err: err.join('\n') };
}

test('imports an export, says what it found, and the second time that nothing is new', async () => {
  const first = await headwater('spend', 'import', sample('microsoft.csv'), '--site', site);
  assert.deepEqual(
    [first.code, first.out],
    [
      0,
      [
        'Imported 18.00 usd of 1 campaigns, 2026-11-02 to 2026-11-03 (microsoft_ads): 2 new days of campaigns, 0 changed, 0 as before',
      ],
    ],
  );
  assert.match(first.err, /line 13: a total; left out\nline 15: a remark of the platform; left out\nTo take it back/);
  const again = await headwater('spend', 'import', sample('microsoft.csv'), '--site', site, '--json');
  const answer = JSON.parse(again.out[0]!);
  assert.deepEqual([again.code, again.out.length, answer.state, answer.unchanged], [0, 1, 'unchanged', 2]);
});

test('stops at bad lines and names them; --partial imports the others', async () => {
  const stopped = await headwater('spend', 'import', sample('own-bad.csv'), '--site', site);
  assert.deepEqual([stopped.code, stopped.out], [1, []]);
  assert.match(
    stopped.err,
    /own-bad\.csv: 7 of 8 lines cannot be read, and nothing was imported\. line 3: "2026-11-31" is not a day;/,
  );
  const partial = await headwater('spend', 'import', sample('own-bad.csv'), '--site', site, '--partial');
  assert.equal(partial.code, 0);
  assert.match(partial.out[0]!, /^Imported 100\.00 usd .*; 7 of 8 lines left behind$/);
  assert.match(partial.err, /line 9: the amount "" is not a number; not imported/);
});

test('wrong usage and unknown things are one clear line', async () => {
  const cases: [argv: string[], code: number, message: RegExp][] = [
    [['--site', site], 2, /name the file/],
    [[sample('google.csv')], 2, /--site is missing/],
    [[sample('google.csv'), '--site', 'nowhere'], 1, /there is no site "nowhere"/],
    [[sample('nothing.csv'), '--site', site], 1, /nothing\.csv: ENOENT/],
    [[sample('google.csv'), '--site', site, '--platform', 'adwords'], 2, /"adwords" is not one of google_ads/],
    [[sample('google.csv'), '--site', site, '--currency', 'usd'], 1, /is in eur, and you said usd/],
  ];
  for (const [argv, code, message] of cases) {
    const answer = await headwater('spend', 'import', ...argv);
    assert.deepEqual([answer.code, answer.out], [code, []]);
    assert.match(answer.err, message);
  }
});
