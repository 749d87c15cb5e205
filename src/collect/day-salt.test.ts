import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { createSecrets } from '../secrets.ts';
import { openRecords } from '../storage/records/open.ts';
import { createDaySalts } from './day-salt.ts';

const dir = mkdtempSync(join(tmpdir(), 'day-salt-'));
const records = openRecords({ dataDir: dir, log: pino({ level: 'silent' }) });
after(async () => {
  await records.close();
  rmSync(dir, { recursive: true });
});

const DAY = Date.UTC(2026, 10, 20);
test('one salt a day, shared and kept over restarts, and gone with its day', async () => {
  await records.migrate();
  let clock = DAY + 1;
  const make = () => createDaySalts({ records, secrets: createSecrets('s'.repeat(32)), now: () => clock });
  const [ours, theirs] = [make(), make()];
  const [first, same] = await Promise.all([ours.today(), theirs.today()]);
  assert.equal(first, same);
  clock = DAY + 86_399_999;
  assert.equal(await make().today(), first, 'after a restart');
  const stored = async (day: string) => records.settings.get(`day_salt:${day}`);
  assert.ok(!(await stored('2026-11-20'))!.includes(first), 'sealed');
  clock = DAY + 86_400_000;
  await theirs.runOnce();
  assert.equal(await stored('2026-11-20'), null, 'erased by the worker, without any hit');
  const second = await ours.today();
  assert.notEqual(second, first);
  clock += 5 * 86_400_000;
  assert.notEqual(await theirs.today(), second);
  assert.equal(await stored('2026-11-21'), null, 'erased by the first hit of a later day');
});
