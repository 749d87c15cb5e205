import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resourceLimits, settingsClause, type Limits, type Settings } from './settings.ts';
import { SqlRefused } from './sql-text.ts';

/** What is used of chdb: loaded by the caller, because it is an optional dependency. */
export interface Chdb {
  Session: new (path: string, options?: { connectionArgs?: readonly string[] }) => ChdbSession;
  drainPending(): Promise<void>;
}
interface ChdbSession {
  queryAsync(sql: string, options: { format: string }): Promise<{ bytes(): Uint8Array }>;
  insert(insert: {
    table: string;
    columns?: string[];
    format: string;
    values: Buffer;
    settings: Record<string, string | number>;
  }): Promise<{ rowsWritten: number }>;
  close(): void;
}

export interface Insert {
  table: string;
  columns: string[] | undefined;
  format: string;
  values: Buffer;
}

export interface Engine {
  /** A SELECT, whose session may serve again. */
  select(sql: string, format: string, settings: Settings): Promise<Uint8Array>;
  /** Any other statement, in a session of its own. */
  command(sql: string, format: string, settings: Settings): Promise<Uint8Array>;
  insert(insert: Insert, settings: Settings): Promise<void>;
  close(): Promise<void>;
}

/** Not `default`, which opens files whose path is given as a table's name. */
const DATABASE = 'headwater';
/** Heavy reads at a time; others queue. Inserts and look-ups never wait for them. */
const READERS_MAX = 4;
const READERS_QUEUE_MAX = 200;
const IDLE_SESSIONS_MAX = 24;

/**
 * The embedded engine. A setting given to an embedded session stays set for every later call (an
 * `insert_deduplication_token` given once silently drops all later inserts), so a session belongs to one exact set of
 * settings for life: calls borrow one with their settings, alone, and only plain reads give it back. What an insert
 * needs rides inside its SQL text, which does not stay.
 */
export async function openEngine(chdb: Chdb, directory: string, limits: Limits): Promise<Engine> {
  const configuration = join(directory, 'engine.xml');
  writeFileSync(configuration, engineConfiguration(limits), { mode: 0o600 });
  // Kept open while the engine lives: the first connection carries the configuration, the last one to close ends the engine.
  const keeper = new chdb.Session(join(directory, 'store'), { connectionArgs: [`--config-file=${configuration}`] });
  await keeper.queryAsync(`CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`, { format: 'TabSeparated' });
  const idle = new Map<string, ChdbSession[]>();
  const readers = createGate(READERS_MAX, READERS_QUEUE_MAX);
  let idleCount = 0;

  async function borrow(key: string): Promise<ChdbSession> {
    const waiting = idle.get(key)?.pop();
    if (waiting) {
      idleCount -= 1;
      return waiting;
    }
    const session = new chdb.Session(join(directory, 'store'));
    try {
      await session.queryAsync(`USE ${DATABASE}`, { format: 'TabSeparated' });
      await session.queryAsync(`SET ${key}`, { format: 'TabSeparated' });
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  function giveBack(key: string, session: ChdbSession) {
    if (idleCount >= IDLE_SESSIONS_MAX) return session.close();
    idleCount += 1;
    idle.set(key, [...(idle.get(key) ?? []), session]);
  }

  async function run(sql: string, format: string, settings: Settings, reusable: boolean): Promise<Uint8Array> {
    const key = settingsClause(resourceLimits(settings, limits));
    const session = await borrow(key);
    try {
      const result = await session.queryAsync(sql, { format });
      if (reusable) giveBack(key, session);
      else session.close();
      return result.bytes();
    } catch (error) {
      session.close();
      throw error;
    }
  }

  return {
    select: (sql, format, settings) =>
      settings.has('readonly') ? readers(() => run(sql, format, settings, true)) : run(sql, format, settings, true),
    command: (sql, format, settings) => run(sql, format, settings, false),
    async insert({ table, columns, format, values }, settings) {
      const key = settingsClause(resourceLimits(new Map(), limits));
      const session = await borrow(key);
      try {
        await session.insert({
          table,
          ...(columns && { columns }),
          format,
          values,
          settings: Object.fromEntries(settings),
        });
        giveBack(key, session);
      } catch (error) {
        session.close();
        throw error;
      }
    },
    async close() {
      for (const session of [...idle.values()].flat()) session.close();
      keeper.close();
      await chdb.drainPending();
    },
  };
}

/** Lets `running` calls through at a time and keeps `waiting` in line; further ones are refused. */
function createGate(running: number, waiting: number) {
  const line: (() => void)[] = [];
  let busy = 0;
  return async function pass<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= running) {
      if (line.length >= waiting)
        throw new SqlRefused(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'too many queries are waiting, try again later');
      await new Promise<void>((resolve) => line.push(resolve));
    } else busy += 1;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else busy -= 1;
    }
  };
}

/** Numbers only: nothing in here comes from outside. */
function engineConfiguration({ memoryBytes }: Limits): string {
  const caches = Math.floor(memoryBytes / 8);
  return `<clickhouse>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${memoryBytes}</max_server_memory_usage>
  <mark_cache_size>${caches}</mark_cache_size>
  <index_mark_cache_size>${Math.floor(caches / 2)}</index_mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <background_pool_size>4</background_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <merge_tree><fsync_after_insert>1</fsync_after_insert><fsync_part_directory>1</fsync_part_directory></merge_tree>
</clickhouse>
`;
}
