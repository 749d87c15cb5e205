import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Event } from '../core/event.ts';
import { createSpool, type Spool, SpoolFull } from './spool.ts';

const dir = mkdtempSync(join(tmpdir(), 'spool-'));
after(() => rmSync(dir, { recursive: true }));
let files = 0;
const newPath = () => join(dir, `${++files}.sqlite`);
const open = (path = newPath(), bytesMax?: number) => createSpool({ path, now: () => 7, bytesMax });
const event = (id: string) => ({ site: 's', id, props: {} }) as unknown as Event;
const idsOf = (spool: Spool) => spool.take(1e9).map((row) => row.events.map(({ id }) => id).join(''));

test('hits of the moment become one row, in order, and resolve after the commit', async () => {
  const spool = open();
  await Promise.all(['a', 'b', 'c'].map((id) => spool.append([event(id)])));
  await spool.append([event('d'), event('e')]);
  assert.deepEqual(idsOf(spool), ['abc', 'de']);
  assert.deepEqual([spool.size().rows, spool.size().events], [2, 5]);
  await spool.close();
});

test('what was appended is there after reopening; closing commits what waits', async () => {
  const path = newPath();
  const first = open(path);
  const waiting = first.append([event('a')]);
  await first.close();
  await waiting;
  await assert.rejects(first.append([event('b')]), /closed/);
  const second = open(path);
  assert.deepEqual(idsOf(second), ['a']);
  assert.equal(second.size().events, 1);
  await second.close();
});

test('take gives whole rows up to the number asked for, at least one', async () => {
  const spool = open();
  await spool.append(Array.from({ length: 5 }, (_, i) => event(String(i))));
  await spool.append([event('x')]);
  assert.equal(spool.take(2).length, 1);
  assert.equal(spool.take(6).length, 2);
  await spool.close();
});

test('rows are forgotten with their plan, and row ids are never used again', async () => {
  const path = newPath();
  const spool = open(path);
  await spool.append([event('a')]);
  const [row] = spool.take(1);
  spool.writePlan('{"x":1}');
  assert.equal(spool.readPlan(), '{"x":1}');
  spool.finish(row!.id);
  assert.equal(spool.readPlan(), null);
  assert.deepEqual(spool.size(), { rows: 0, events: 0, bytes: 0 });
  await spool.close();
  const again = open(path);
  await again.append([event('b')]);
  assert.equal(again.take(1)[0]!.id, row!.id + 1);
  await again.close();
});

test('a full spool refuses the whole append and takes the next once there is room', async () => {
  const spool = open(newPath(), 500);
  await spool.append([event('a')]);
  const many = Array.from({ length: 10 }, () => event('b'));
  await assert.rejects(spool.append(many), SpoolFull);
  await spool.append([event('c')]);
  spool.finish(spool.take(1e9).at(-1)!.id);
  await spool.append([event('d')]);
  assert.deepEqual(idsOf(spool), ['d']);
  await spool.close();
});

test('a disk without room is a full spool too', async () => {
  const path = newPath();
  const spool = open(path);
  await spool.append([event('a')]);
  await spool.close();
  // SQLite answers a file that may not grow as it answers a full disk.
  const small = createSpool({ path, now: () => 7, pagesMax: 8 });
  await assert.rejects(small.append([{ ...event('b'), title: 'x'.repeat(100_000) }]), SpoolFull);
  await small.append([event('c')]);
  assert.deepEqual(idsOf(small), ['a', 'c']);
  await small.close();
});

test('a damaged row is set aside and never sinks the others', async () => {
  const path = newPath();
  const spool = open(path);
  await spool.append([event('a')]);
  await spool.append([event('b')]);
  await spool.append([event('c')]);
  const db = new DatabaseSync(path);
  db.exec(`UPDATE spool_rows SET events = substr(events, 1, 5) WHERE id = 2`);
  db.close();
  assert.deepEqual(idsOf(spool), ['a', 'c']);
  assert.equal(spool.size().rows, 2);
  assert.equal(spool.rejectCount(), 1);
  assert.match(spool.rejects(5)[0]!.error, /row 2/);
  await spool.close();
});

test('rejects are kept in the transaction that writes the plan', async () => {
  const spool = open();
  spool.writePlan('p', [{ site: 's', eventId: 'e', body: '{}', error: 'why' }]);
  assert.deepEqual(spool.rejects(5), [{ site: 's', eventId: 'e', body: '{}', error: 'why', rejectedAt: 7 }]);
  await spool.close();
});

test('a file that is no spool is named', () => {
  const path = newPath();
  writeFileSync(path, 'not a database, and long enough to be looked at as one'.repeat(20));
  assert.throws(() => open(path), new RegExp(`the spool ${path} cannot be opened`));
});

test('kill -9 loses nothing that was acknowledged', { timeout: 60_000 }, async () => {
  const path = newPath();
  const code = `
    const { createSpool } = await import(process.argv[1]);
    const spool = createSpool({ path: process.argv[2], now: Date.now });
    let next = Number(process.argv[3]);
    const one = async () => { for (;;) { const id = String(next++); await spool.append([{ site: 's', id }]); process.stdout.write(id + '\\n'); } };
    for (let i = 0; i < 50; i++) one();`;
  const acknowledged = new Set<string>();
  for (let round = 0; round < 5; round++) {
    const module = fileURLToPath(new URL('./spool.ts', import.meta.url));
    const start = String(round * 1_000_000);
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, module, path, start], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.add(line);
      if (++seen === 300 + round * 77) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
  }
  const spool = open(path);
  const stored = spool.take(1e9).flatMap((row) => row.events.map(({ id }) => id));
  assert.equal(new Set(stored).size, stored.length);
  const kept = new Set(stored);
  assert.deepEqual(
    [...acknowledged].filter((id) => !kept.has(id)),
    [],
  );
  assert.ok(acknowledged.size > 1500);
  await spool.close();
});
