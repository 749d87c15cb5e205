import { readdir, readFile } from 'node:fs/promises';
import type { FactsClient } from './client.ts';

const DIRECTORY = new URL('./schema/', import.meta.url);

interface Migration {
  version: number;
  name: string;
  statements: string[];
}

/**
 * Brings the schema up to date: numbered files, forward only, each recorded when all of its statements have run. Every
 * statement is idempotent, so that one interrupted half-way is simply run again.
 *
 * @param cluster name of the ClickHouse cluster, or null for one node: one text for both, see `statementsOf`
 */
export async function migrateFacts(client: FactsClient, cluster: string | null): Promise<void> {
  const [ledger] = statementsOf(LEDGER, cluster);
  await client.command(ledger!);
  const applied = await client.query<{ version: number }>('SELECT DISTINCT version FROM schema_migrations');
  const known = new Set(applied.map((row) => row.version));
  for (const { version, name, statements } of await readMigrations(cluster)) {
    if (known.has(version)) continue;
    for (const statement of statements) await client.command(statement);
    await client.insert('schema_migrations', ['version', 'name'], [[version, name]], `migration-${version}`);
  }
}

const LEDGER = `CREATE TABLE IF NOT EXISTS schema_migrations {{on_cluster}}
(version UInt32, name String, applied_at DateTime('UTC') DEFAULT now())
ENGINE = {{replicated}}MergeTree ORDER BY version SETTINGS {{exactly_once}}`;

async function readMigrations(cluster: string | null): Promise<Migration[]> {
  const files = (await readdir(DIRECTORY)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => ({
      version: Number(file.slice(0, 4)),
      name: file.replace(/\.sql$/, ''),
      statements: statementsOf(await readFile(new URL(file, DIRECTORY), 'utf8'), cluster),
    })),
  );
}

/**
 * Statements of a schema file for one node or for a cluster. Placeholders: `{{on_cluster}}`, `{{cluster}}`,
 * `{{replicated}}` (engine prefix), `{{local}}` (suffix of tables behind a Distributed one) and `{{exactly_once}}`
 * (settings under which a repeated insert token counts once and an acknowledged insert survives a power cut).
 * A statement that starts with `-- @cluster` exists on clusters only.
 */
export function statementsOf(text: string, cluster: string | null): string[] {
  if (cluster !== null && !/^[A-Za-z_][\w-]*$/.test(cluster))
    throw new Error(`CLICKHOUSE_CLUSTER is not a cluster name: ${cluster}`);
  const values: Record<string, string> = {
    on_cluster: cluster === null ? '' : `ON CLUSTER '${cluster}'`,
    cluster: cluster === null ? '' : `'${cluster}'`,
    replicated: cluster === null ? '' : 'Replicated',
    local: cluster === null ? '' : '_local',
    exactly_once:
      `${cluster === null ? 'non_replicated_deduplication_window' : 'replicated_deduplication_window'} = 10000, ` +
      'fsync_after_insert = 1, fsync_part_directory = 1',
  };
  return text
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && (cluster !== null || !statement.startsWith('-- @cluster')))
    .map((statement) =>
      statement.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
        const value = values[name];
        if (value === undefined) throw new Error(`unknown placeholder {{${name}}} in the facts schema`);
        return value;
      }),
    );
}
