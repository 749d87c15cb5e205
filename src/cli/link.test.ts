import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makePayment } from '../../test/contracts/record-stores.ts';
import { openRecords } from '../storage/records/open.ts';

const entry = fileURLToPath(new URL('./headwater.mjs', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'headwater-link-'));
const log = { info() {}, warn() {}, error() {} };
const records = openRecords({ dataDir, log });

before(() => records.migrate());
after(async () => {
  await records.close();
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

test('a link is listed, rejected and reinstated', async () => {
  const team = await records.teams.default(1);
  const place = { team: team.id, name: 'Shop', domain: 'shop.example', timezone: 'UTC', currency: 'usd' };
  const site = (await records.sites.add(place, 1)).id;
  await records.payments.upsert(makePayment(site, 'ch_1'));
  const link = {
    object: 'ch_1',
    field: 'metadata.hw_visitor_id',
    value: 'v1',
    claim: 'visitor',
    rung: 1,
    seenAt: 1,
  } as const;
  await records.payments.setLinks(site, 'ch_1', [link]);
  const on = (...words: string[]) => [...words, '--site', site];

  const listed = await headwater(...on('link', 'list', '--payment', 'ch_1', '--json'));
  const { links } = JSON.parse(listed.out) as { links: { id: string; value: string; rejected: unknown }[] };
  assert.deepEqual([links.length, links[0]!.value, links[0]!.rejected], [1, 'v1', null]);
  const { id } = links[0]!;
  const rejected = await headwater(
    ...on('link', 'reject', '--payment', 'ch_1', '--link', id, '--why', 'a test', '--json'),
  );
  assert.deepEqual([rejected.code, JSON.parse(rejected.out)], [0, { link: id, payments: 1 }]);
  assert.match(
    (await headwater(...on('link', 'list', '--payment', 'ch_1'))).out,
    /metadata\.hw_visitor_id = v1 {2}\(rejected\)/,
  );
  const [word] = await records.verdicts.rejected(site);
  assert.deepEqual([word!.by, word!.why, await records.attributions.count(site)], ['command line', 'a test', 1]);
  const twice = await headwater(...on('link', 'reject', '--payment', 'ch_1', '--link', id));
  assert.deepEqual([twice.code, /is rejected already/.test(twice.err)], [1, true]);
  const back = await headwater(...on('link', 'reinstate', '--link', id));
  assert.match(back.out, /^1 payment is credited again/);
  assert.deepEqual(await records.verdicts.rejected(site), []);
  assert.equal((await headwater(...on('link', 'list', '--payment', 'ch_none'))).code, 1);
  assert.equal((await headwater(...on('link', 'reject', '--link', id))).code, 2);
});
