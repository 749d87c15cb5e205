import {
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client';
import type { WrittenText } from '../../core/written-rows.ts';
import { FactsUnavailable } from './facts.ts';

/** Where the engine answers now; null while it is down. */
export interface FactsEndpoint {
  url: string;
  username: string;
  password: string;
  database?: string;
}

/** The endpoint that CLICKHOUSE_URL names: `http(s)://user:password@host:port/database`. */
export function endpointOfUrl(address: string): FactsEndpoint {
  const url = new URL(address);
  const database = decodeURIComponent(url.pathname.slice(1)) || 'default';
  return {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    database,
  };
}

export type FactsParams = Record<string, unknown>;

export interface FactsClient {
  /** Appends rows (arrays in the order of `columns`), once per token, through all views. */
  insert(table: string, columns: readonly string[], rows: Iterable<readonly unknown[]>, token: string): Promise<void>;
  /** As `insert`, rows that are written out already (rowText). */
  insertWritten(rows: WrittenText, token: string): Promise<void>;
  /** Look-ups of the program itself. `{name:Type}` in the text is bound from `params`. */
  query<Row>(sql: string, params?: FactsParams): Promise<Row[]>;
  /** Questions of people: read-only, and capped in time, memory and result. */
  read<Row>(sql: string, params?: FactsParams): Promise<Row[]>;
  /** As `read`, for answers that are read once: rows are arrays, handed over in parts as they arrive. */
  readParts<Row extends unknown[]>(sql: string, params: FactsParams, onRows: (rows: Row[]) => void): Promise<void>;
  /** A statement without an answer (schema). */
  command(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** Answers of an engine that is there and can not take the call now: the caller keeps its work. */
const BUSY_CODES = new Set([
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '225', // NO_ZOOKEEPER
  '236', // ABORTED
  '242', // TABLE_IS_READ_ONLY
  '243', // NOT_ENOUGH_SPACE
  '252', // TOO_MANY_PARTS
  '279', // ALL_CONNECTION_TRIES_FAILED
  '319', // UNKNOWN_STATUS_OF_INSERT
  '999', // KEEPER_EXCEPTION
]);
/** Of an insert or a look-up of ours these too pass: a report has taken the memory. A report they concern for itself. */
const OVERLOAD_CODES = new Set(['159', '241']);

export interface ReadLimits {
  timeoutMs: number;
  memoryBytes: number;
  resultRows: number;
}
const READ_LIMITS: ReadLimits = { timeoutMs: 30_000, memoryBytes: 2_000_000_000, resultRows: 1_000_000 };

/** One client for the embedded child and for servers by URL: always HTTP. */
export function createFactsClient(options: {
  endpoint: () => FactsEndpoint | null;
  readLimits?: Partial<ReadLimits>;
}): FactsClient {
  const connection = createConnection(options.endpoint);
  const readSettings = readSettingsOf({ ...READ_LIMITS, ...options.readLimits });

  const rows = async <Row>(sql: string, params: FactsParams, settings: ClickHouseSettings): Promise<Row[]> => {
    const answer = await connection.client().query({
      query: sql,
      query_params: params,
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    return answer.json<Row>();
  };

  const insertTexts = async (table: string, columns: readonly string[], texts: RowsText[], token: string) => {
    await connection.client().insert({
      table,
      columns: columns as [string, ...string[]],
      values: texts,
      format: 'JSONCompactEachRow',
      clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: token },
    });
  };

  return {
    insert: (table, columns, rowsToInsert, token) =>
      guarded(true, async () => {
        const texts = await rowTexts(rowsToInsert);
        if (texts.length > 0) await insertTexts(table, columns, texts, token);
      }),
    insertWritten: ({ table, columns, text }, token) =>
      guarded(true, async () => {
        if (text !== '') await insertTexts(table, columns, [new RowsText(text)], token);
      }),
    query: (sql, params = {}) => guarded(true, () => rows(sql, params, QUERY_SETTINGS)),
    read: (sql, params = {}) => guarded(false, () => rows(sql, params, readSettings)),
    readParts: (sql, params, onRows) =>
      guarded(false, async () => {
        const answer = await connection.client().query({
          query: sql,
          query_params: params,
          format: 'JSONCompactEachRow',
          clickhouse_settings: readSettings,
        });
        for await (const part of answer.stream()) onRows(part.map((row) => row.json()));
      }),
    command: (sql) => guarded(true, async () => void (await connection.client().command({ query: sql }))),
    close: connection.close,
  };
}

// Amounts and times fit a JavaScript number; as strings every reader would have to convert them.
const QUERY_SETTINGS: ClickHouseSettings = { output_format_json_quote_64bit_integers: 0, session_timezone: 'UTC' };

/** What makes a repeated token exact, views included. Every one is needed: another combination doubles the views. */
const INSERT_SETTINGS: ClickHouseSettings = {
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // Buffered on the server an insert would be answered before its views ran.
  async_insert: 0,
  // An import holds many months.
  max_partitions_per_insert_block: '0',
  // On a cluster: answered once every shard has its rows.
  distributed_foreground_insert: 1,
};

const ROWS_PER_TEXT = 500;
/** How JSON writes half of a surrogate pair. Whole pairs it writes as they are. */
const HALF_PAIR = '\\ud';

/** Rows already written as JSON; see `connect`. */
class RowsText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** One row as JSON. Half of a surrogate pair, which any sender can put into a title, would fail the batch of all others. */
export function rowText(row: readonly unknown[]): string {
  const line = JSON.stringify(row);
  return line.includes(HALF_PAIR) ? JSON.stringify(row.map(wellFormed)) : line;
}

/** A large batch takes a while to write as text, and requests are answered in between. */
async function rowTexts(rows: Iterable<readonly unknown[]>): Promise<RowsText[]> {
  const texts: RowsText[] = [];
  let lines: string[] = [];
  const close = () => {
    if (lines.length > 0) texts.push(new RowsText(lines.join('\n')));
    lines = [];
  };
  for (const row of rows) {
    lines.push(rowText(row));
    if (lines.length < ROWS_PER_TEXT) continue;
    close();
    await new Promise((resolve) => setImmediate(resolve));
  }
  close();
  return texts;
}

function wellFormed(cell: unknown): unknown {
  if (typeof cell === 'string') return cell.toWellFormed();
  if (cell === null || typeof cell !== 'object') return cell;
  return Object.fromEntries(Object.entries(cell).map(([key, value]) => [key.toWellFormed(), wellFormed(value)]));
}

function readSettingsOf({ timeoutMs, memoryBytes, resultRows }: ReadLimits): ClickHouseSettings {
  return {
    ...QUERY_SETTINGS,
    readonly: '1',
    max_execution_time: Math.ceil(timeoutMs / 1000),
    max_memory_usage: String(memoryBytes),
    max_result_rows: String(resultRows),
  };
}

/** The client of the engine's present address, which changes when the embedded one is restarted. */
function createConnection(endpointNow: () => FactsEndpoint | null) {
  let current: { endpoint: FactsEndpoint; client: ClickHouseClient } | null = null;
  return {
    client(): ClickHouseClient {
      const endpoint = endpointNow();
      if (!endpoint) throw new FactsUnavailable('The facts store is not running; it is being restarted.');
      if (current?.endpoint.url !== endpoint.url || current.endpoint.password !== endpoint.password) {
        void current?.client.close();
        current = { endpoint, client: connect(endpoint) };
      }
      return current.client;
    },
    async close() {
      await current?.client.close();
      current = null;
    },
  };
}

async function guarded<T>(overload: boolean, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asUnavailable(error, overload) ?? error;
  }
}

function connect({ url, username, password, database = 'default' }: FactsEndpoint): ClickHouseClient {
  return createClient({
    url,
    username,
    password,
    database,
    request_timeout: 120_000,
    // Long lists do not fit a URL.
    use_multipart_params_auto: true,
    max_open_connections: 16,
    application: 'headwater',
    json: {
      stringify: (value) => (value instanceof RowsText ? value.text : JSON.stringify(value)),
      parse: JSON.parse,
    },
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** FactsUnavailable when the engine did not answer or can not take the call now; null when the call itself is at fault. */
function asUnavailable(error: unknown, overload: boolean): FactsUnavailable | null {
  if (error instanceof FactsUnavailable) return error;
  if (error instanceof ClickHouseError) {
    const passing = BUSY_CODES.has(error.code) || (overload && OVERLOAD_CODES.has(error.code));
    return passing ? new FactsUnavailable(`The facts store is busy: ${error.message}`, { cause: error }) : null;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const network = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  if (network || /socket hang up|timeout|aborted|HTTP status: 50[234]/i.test(String(message)))
    return new FactsUnavailable(`The facts store does not answer: ${message}`, { cause: error });
  return null;
}
