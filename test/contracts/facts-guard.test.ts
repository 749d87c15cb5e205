import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClickHouseError } from '@clickhouse/client';
import { createFactsClient } from '../../src/storage/facts/client.ts';
import { createFacts } from '../../src/storage/facts/create.ts';
import { FactsUnavailable } from '../../src/storage/facts/facts.ts';
import { ENGINES, type OpenStore } from './facts-engines.ts';
import { eventOf } from './facts-samples.ts';

for (const engine of ENGINES) {
  describe(`facts engine: ${engine.name}`, () => {
    let store: OpenStore;
    before(async () => {
      store = await engine.open();
      await store.facts.migrate();
    });
    after(() => store.close());

    test('a fault in the SQL is loud, and is not an outage', async () => {
      for (const sql of ['SELECT nothing FROM nowhere', 'SELEC 1', 'SELECT {missing:String}'])
        await assert.rejects(store.client.query(sql), ClickHouseError, sql);
      await assert.rejects(store.client.insert('events', ['occurred_at'], [['yesterday']], 'fault-1'), ClickHouseError);
    });

    test('a parameter is a value, never code', async () => {
      for (const value of ["' OR 1 --", "'); DROP TABLE events; --", '{x:String}', '\\', "\\'", '` UNION SELECT 1'])
        assert.deepEqual(await store.client.read('SELECT {value:String} AS value', { value }), [{ value }]);
      const values = ["a'b", 'c\\', 'd\ne', '[]', "']"];
      assert.deepEqual(await store.client.read('SELECT {values:Array(String)} AS values', { values }), [{ values }]);
      assert.deepEqual(
        await store.client.read(
          "SELECT '{value:String}' AS text, {n:Int64} AS n, {at:DateTime64(3)} = toDateTime64('2026-11-03 12:00:00.5', 3) AS at -- {n:Int64}",
          {
            n: -5,
            at: '2026-11-03 12:00:00.500',
          },
        ),
        [{ text: '{value:String}', n: -5, at: 1 }],
      );
    });

    test('reports can not write', async () => {
      for (const sql of [
        'INSERT INTO events (site) SELECT 1',
        'DROP TABLE credits',
        'TRUNCATE TABLE events',
        'CREATE TABLE x (a Int8) ENGINE = Memory',
      ])
        await assert.rejects(store.client.read(sql), ClickHouseError, sql);
      await assert.rejects(store.client.read('SELECT 1 SETTINGS readonly = 0'), ClickHouseError);
      assert.deepEqual(await store.client.read('SELECT count() AS n FROM events'), [{ n: 0 }]);
    });

    test('a report that wants too much memory or time fails alone', async () => {
      await assert.rejects(store.client.read('SELECT length(groupArray(number)) FROM numbers(1000000000)'), {
        code: '241',
      });
      const hasty = createFactsClient({ endpoint: () => null });
      await assert.rejects(hasty.query('SELECT 1'), FactsUnavailable);
      await store.facts.ping();
    });

    if (engine.guardsText)
      test('SQL reaches neither files nor the network, and is one statement', async () => {
        const refused = [
          "SELECT file('/etc/passwd')",
          'SELECT "file"(\'/etc/passwd\')',
          "SELECT `FILE` /* */ ('/etc/passwd')",
          "SELECT * FROM file('/etc/passwd', 'LineAsString')",
          "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
          "SELECT * FROM s3('http://127.0.0.1/b/k', 'CSV')",
          "SELECT * FROM remote('127.0.0.1:9000', 'system.one')",
          "SELECT * FROM executable('id', 'CSV', 'a String')",
          "SELECT 1 INTO OUTFILE '/tmp/headwater-outfile'",
          "SELECT 1 INTO/**/OUTFILE '/tmp/headwater-outfile'",
          "INSERT INTO events FROM INFILE '/etc/passwd' FORMAT CSV",
          'SELECT 1; SELECT 2',
          'SELECT 1;\n--\nDROP TABLE events',
          'SET max_threads = 1',
          'USE system',
          'SYSTEM SHUTDOWN',
          'CREATE TEMPORARY TABLE t (a Int8)',
          "CREATE TABLE t (a String) ENGINE = File('CSV', '/etc/passwd')",
          "CREATE TABLE t (a String) ENGINE URL('http://127.0.0.1:1/', CSV)",
          'SELECT sleep(3)',
          "SELECT 'unfinished",
          "SELECT “file”('/etc/passwd')",
          'SELECT "fi\\x6ce"(\'/etc/passwd\')',
          "SELECT file\u00a0('/etc/passwd')",
          "SELECT * FROM '/etc/passwd'",
          'SELECT * FROM `/etc/passwd`',
          'SELECT * FROM default.`/etc/passwd`',
          'SELECT * FROM "default" . `/etc/passwd`',
          "SELECT * FROM numbers(1), '/etc/passwd'",
        ];
        for (const sql of refused) {
          await assert.rejects(store.client.read(sql), ClickHouseError, `read: ${sql}`);
          await assert.rejects(store.client.command(sql), ClickHouseError, `command: ${sql}`);
        }
        // Words inside strings and quoted names are not code.
        assert.deepEqual(await store.client.read("SELECT 'INTO OUTFILE file(); ' AS `into outfile`"), [
          { 'into outfile': 'INTO OUTFILE file(); ' },
        ]);
      });
  });
}

test('an engine that is not there is FactsUnavailable', async () => {
  const client = createFactsClient({
    endpoint: () => ({ url: 'http://127.0.0.1:9', username: 'default', password: '' }),
  });
  const facts = createFacts(client, async () => ({ rows: [], totals: {} }));
  await assert.rejects(facts.ping(), FactsUnavailable);
  await assert.rejects(facts.insertEvents([eventOf({})], 'away-1'), FactsUnavailable);
  await facts.close();
});
