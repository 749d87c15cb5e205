import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../config.ts';
import { start } from '../main.ts';
import type { Running } from '../main.ts';

const entry = fileURLToPath(new URL('./headwater.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'headwater-rates-'));
let running: Running;

before(async () => {
  const settings = { HOST: '127.0.0.1', PORT: '0', HEADWATER_DATA: dataDir, HEADWATER_LOG_LEVEL: 'error' };
  running = await start(readConfig(settings));
});
after(async () => {
  await running.close();
  rmSync(dataDir, { recursive: true });
});

function headwater(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, HEADWATER_DATA: dataDir };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...argv], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

function file(name: string, text: string): string {
  const path = join(dataDir, name);
  writeFileSync(path, text);
  return path;
}

test('rates are imported while the server runs, and the payments they say are credited again', async () => {
  const { records } = running.app;
  const team = await records.teams.default(1);
  const place = { team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' };
  const site = (await records.sites.add(place, 1)).id;
  const sums = { grossMinor: 10_00, refundedMinor: 0, disputedMinor: 0, feeMinor: 0, feeCurrency: null };
  const sold = { taxMinor: null, product: null, productName: null, price: null, coupon: null };
  const known = { customer: null, subscription: null, pathEndsAt: null, currency: 'eur' };
  const occurredAt = Date.parse('2024-03-04T12:00:00Z');
  const payment = { site, id: 'ch_1', mode: 'test', kind: 'one_time', connection: 'c1', occurredAt } as const;
  await records.payments.upsert({ ...payment, ...sums, ...sold, ...known });
  const settlement = { balanceTransaction: null, settledMinor: null, settledCurrency: null, feeMinor: null };
  const charge = { id: 'ch_1', paymentId: 'ch_1', kind: 'charge', amountMinor: 10_00, currency: 'eur' } as const;
  await records.ledger.append(site, 'test', [{ ...charge, ...settlement, occurredAt }]);

  const path = file('hist.csv', 'Date,USD,JPY,\n2024-03-04,1.0846,163.1,\n2024-03-01,1.0813,162.6,\n');
  const imported = await headwater('rates', 'import', path, '--json');
  assert.deepEqual([imported.code, imported.err], [0, '']);
  assert.deepEqual(JSON.parse(imported.out), { rates: 4, changed: 4, from: '2024-03-01', to: '2024-03-04' });
  const deadline = Date.now() + 20_000;
  for (;;) {
    const row = (await records.payments.get(site, 'ch_1'))!.attribution.rows.find((it) => it.money === 'usd');
    if (row?.wholeMinor === 10_85) break;
    assert.ok(Date.now() < deadline, 'the payment is credited again');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const again = await headwater('rates', 'import', path);
  assert.match(again.out, /^4 rates of 2024-03-01 to 2024-03-04, 0 of them new or changed\n$/);
});

test('a file with a mistake is refused as a whole, wrong usage with its own code', async () => {
  const bad = file('bad.csv', 'date,base,quote,rate\n2023-01-02,eur,usd,1.07\n2023-01-03,eur,usd,about 1\n');
  const refused = await headwater('rates', 'import', bad);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^headwater: .*bad\.csv: line 3: "about 1" is not a rate; .*; nothing was stored\n$/);
  assert.deepEqual(await running.app.records.rates.between('2023-01-01', '2023-01-31', ['usd']), []);
  const missing = await headwater('rates', 'import', join(dataDir, 'none.csv'));
  assert.deepEqual([missing.code, /none\.csv: ENOENT/.test(missing.err)], [1, true]);
  assert.equal((await headwater('rates', 'import')).code, 2);
  assert.equal((await headwater('rates', 'import', bad, '--force')).code, 2);
});
