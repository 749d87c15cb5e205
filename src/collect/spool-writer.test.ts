import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../core/event.ts';
import type { GroupRow } from './spool-commit.ts';
import { openSpoolFile } from './spool-file.ts';
import { startSpoolWriter, type SpoolWriter } from './spool-writer.ts';
import { createSpool } from './spool.ts';

const dir = mkdtempSync(join(tmpdir(), 'spool-writer-'));
after(() => rmSync(dir, { recursive: true }));
let files = 0;
const newPath = () => join(dir, `${++files}.sqlite`);
const row = (json: string): GroupRow => ({ json, count: 1, bytes: json.length });

async function until(check: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !check();) {
    assert.ok(Date.now() < deadline);
    await sleep(5);
  }
}
async function start(path: string, pagesMax?: number): Promise<SpoolWriter> {
  const writer = startSpoolWriter({ path, pagesMax, onLost: () => {} });
  await until(writer.isReady);
  return writer;
}

test('rows are committed on the thread, and a refused transaction leaves nothing', async () => {
  const path = newPath();
  const file = openSpoolFile(path);
  const writer = await start(path, 8);
  await writer.write([row('a'), row('b')]);
  assert.deepEqual(
    file.oldestRows(9).map(({ events }) => events),
    ['a', 'b'],
  );
  await assert.rejects(writer.write([row('c'), row('x'.repeat(100_000))]), { errcode: 13 });
  await writer.write([row('d')]);
  assert.deepEqual(
    file.oldestRows(9).map(({ events }) => events),
    ['a', 'b', 'd'],
  );
  await writer.close();
  file.close();
});

test('our own writes wait for the thread', async () => {
  const path = newPath();
  const file = openSpoolFile(path);
  const writer = await start(path);
  for (let n = 0; n < 20; n += 1) {
    const written = writer.write([row('x'.repeat(100_000)), row('y')]);
    writer.untilFree();
    // What was under way is stored, though nobody was told yet.
    assert.equal(file.measure().rows, 2 * (n + 1));
    file.transaction(() => file.replacePlan(String(n)));
    await written;
  }
  await writer.close();
  file.close();
});

test('a thread that ends is told, and rows are written without it', async () => {
  const path = newPath();
  writeFileSync(path, 'not a database, and long enough to be looked at as one'.repeat(20));
  let lost = 0;
  const writer = startSpoolWriter({ path, pagesMax: undefined, onLost: () => (lost += 1) });
  await until(() => lost === 1);
  assert.equal(writer.isReady(), false);
  await writer.close();
});

test('the size is right while hits arrive and are moved at the same time', { timeout: 60_000 }, async () => {
  const spool = createSpool({ path: newPath(), now: Date.now });
  let sent = 0;
  let moved = 0;
  const until600 = Date.now() + 600;
  const send = async () => {
    // As many as make commits and moves meet, however slow the disk is.
    while (Date.now() < until600 || sent < 300)
      await spool.append([{ site: 's', id: String(sent++), props: {} } as unknown as Event]);
  };
  let isSending = true;
  const move = async () => {
    while (isSending || spool.size().rows > 0) {
      const rows = spool.take(50);
      if (rows.length > 0) {
        spool.writePlan('plan');
        spool.finish(rows.at(-1)!.id);
      }
      moved += rows.reduce((count, { events }) => count + events.length, 0);
      await sleep(1);
    }
  };
  const sending = Promise.all(Array.from({ length: 30 }, send)).then(() => (isSending = false));
  await Promise.all([move(), sending]);
  assert.equal(moved, sent);
  assert.deepEqual(spool.size(), { rows: 0, events: 0, bytes: 0 });
  await spool.close();
});
