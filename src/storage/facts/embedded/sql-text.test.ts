import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as property, property as forAll, string } from 'fast-check';
import { bindParameters, inspectStatement, SqlRefused } from './sql-text.ts';

const TABLE_FUNCTIONS = new Set(['file', 'url', 's3', 'numbers', 'format', 'merge']);

test('statements: what is refused and what is not', () => {
  for (const [sql, verdict] of [
    ['SELECT 1', true],
    ['-- a comment\n( SELECT 1 )', true],
    ['WITH 1 AS x SELECT x;', true],
    ['SELECT * FROM numbers(3) FORMAT JSONEachRow', true],
    ["SELECT format('{}', 'x'), file, url FROM t WHERE url IN ('a')", true],
    ["SELECT 'it''s \\' file(' AS `url (` /* file( */ -- file(\n", true],
    ["SELECT engine LIKE 'File' FROM system.tables WHERE engine = 'File'", true],
    ['INSERT INTO t (url) VALUES (1)', true],
    ['CREATE TABLE t (a Int8) ENGINE = ReplicatedMergeTree', true],
    ["SELECT File ('x')", false],
    ["SELECT file/**/('x')", false],
    ['SELECT * FROM merge(x, y)', false],
    ['CREATE TABLE t (a Int8) ENGINE = File(CSV)', false],
    ['CREATE TABLE t (a Int8) ENGINE File(CSV)', false],
    ['SELECT 1; SELECT 2', false],
    ['SELECT 1 into outfile 1', false],
    ['KILL QUERY WHERE 1', false],
    ['SYSTEM FLUSH LOGS', false],
    ['', false],
    ['SELECT $a$ $a$', false],
    ["SELECT 'open", false],
    ['SELECT /* open', false],
  ] as const) {
    if (verdict) assert.ok(inspectStatement(sql, TABLE_FUNCTIONS), sql);
    else assert.throws(() => inspectStatement(sql, TABLE_FUNCTIONS), SqlRefused, sql);
  }
});

test('a bound value is hexadecimal text, whatever it holds', () => {
  property(
    forAll(string({ unit: 'binary' }), (value) => {
      const bound = bindParameters('SELECT {v:String}, {v:Array(String)}', new Map([['v', value]]));
      assert.match(bound, /^SELECT x'[0-9a-f]*', _CAST\(x'[0-9a-f]*', x'[0-9a-f]*'\)$/);
    }),
  );
});

test('only parameters are replaced: not what looks like one in a string, a name or a comment', () => {
  const sql = "SELECT '{a:String}', `{a:String}`, {'a':1} /* {a:String} */ -- {a:String}\n, {a:Nullable(String)}";
  assert.equal(
    bindParameters(sql, new Map([['a', '\\N']])),
    "SELECT '{a:String}', `{a:String}`, {'a':1} /* {a:String} */ -- {a:String}\n, NULL",
  );
  assert.equal(bindParameters('SELECT {a:String}', new Map([['a', 'tab\\t\\\\']])), "SELECT x'746162095c'");
  assert.throws(() => bindParameters('SELECT {b:String}', new Map()), SqlRefused);
  assert.throws(() => bindParameters('SELECT * FROM {a:Identifier}', new Map([['a', 'events']])), SqlRefused);
});
