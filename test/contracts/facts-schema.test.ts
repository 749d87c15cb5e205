import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { statementsOf } from '../../src/storage/facts/migrate.ts';
import { ENGINES, type OpenStore } from './facts-engines.ts';

const DIRECTORY = new URL('../../src/storage/facts/schema/', import.meta.url);
const files = readdirSync(DIRECTORY).filter((file) => file.endsWith('.sql'));

describe('the facts schema', () => {
  let store: OpenStore;
  before(async () => {
    store = await ENGINES[0]!.open();
  });
  after(() => store.close());

  // There is no cluster here to run it on: its text is at least parsed by the engine that would.
  test('one text serves one node and a cluster, every statement repeatable', async () => {
    for (const file of files) {
      const text = readFileSync(new URL(file, DIRECTORY), 'utf8');
      for (const cluster of [null, 'main']) {
        for (const statement of statementsOf(text, cluster)) {
          assert.match(
            statement,
            /CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|ADD COLUMN IF NOT EXISTS|MODIFY QUERY/,
            file,
          );
          assert.doesNotMatch(statement, /\{\{/, file);
          assert.equal(/ ON CLUSTER 'main'/.test(statement), cluster !== null, file);
          await store.client.command(`EXPLAIN AST ${statement}`);
        }
      }
    }
  });

  test('a cluster keeps rows in replicated tables behind distributed ones of the usual names', () => {
    const statements = files.flatMap((file) => statementsOf(readFileSync(new URL(file, DIRECTORY), 'utf8'), 'main'));
    for (const table of ['events', 'event_ids', 'sessions', 'touchpoints', 'credits']) {
      assert.ok(
        statements.some((sql) =>
          new RegExp(`EXISTS ${table}_local ON CLUSTER[^;]*ENGINE = Replicated\\w*MergeTree`).test(sql),
        ),
      );
      assert.ok(
        statements.some((sql) => new RegExp(`EXISTS ${table} ON CLUSTER[^;]*ENGINE = Distributed\\('main'`).test(sql)),
      );
    }
    assert.throws(() => statementsOf('SELECT 1', "x' --"), /CLICKHOUSE_CLUSTER/);
  });
});
