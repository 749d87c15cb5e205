import { SqlRefused } from './sql-text.ts';

export type Settings = Map<string, string>;

/** Caps of the embedded engine: by default ClickHouse has none. */
export interface Limits {
  /** Of the whole engine. */
  memoryBytes: number;
  /** Of one read. */
  readMemoryBytes: number;
}

/** Settings a call may carry. Everything else is refused, because its effect on an embedded engine was not examined. */
const ACCEPTED = new Set([
  'readonly',
  'max_execution_time',
  'max_memory_usage',
  'max_result_rows',
  'max_result_bytes',
  'result_overflow_mode',
  'max_threads',
  'output_format_json_quote_64bit_integers',
  'date_time_input_format',
  'async_insert',
  'insert_deduplicate',
  'insert_deduplication_token',
  'deduplicate_blocks_in_dependent_materialized_views',
  'max_partitions_per_insert_block',
  'max_insert_block_size',
  'min_insert_block_size_rows',
  'min_insert_block_size_bytes',
  'max_insert_threads',
  'distributed_foreground_insert',
  'session_timezone',
  'mutations_sync',
  'lightweight_deletes_sync',
]);
/** Of the HTTP protocol, without meaning here: answers are whole, and never compressed. */
const IGNORED = new Set([
  'wait_end_of_query',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_write_exception_in_output_format',
]);
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'role',
  'user',
  'password',
]);

/** Settings among the URL's parameters. */
export function settingsOf(parameters: URLSearchParams): Settings {
  const settings: Settings = new Map();
  for (const [name, value] of parameters) {
    if (name.startsWith('param_') || NOT_SETTINGS.has(name) || IGNORED.has(name)) continue;
    if (!ACCEPTED.has(name)) throw new SqlRefused(115, 'UNKNOWN_SETTING', `Setting ${name} is not accepted`);
    if (!/^[\w.:-]{1,200}$/.test(value))
      throw new SqlRefused(36, 'BAD_ARGUMENTS', `Setting ${name} has a malformed value`);
    settings.set(name, value);
  }
  if (settings.has('readonly') && settings.get('readonly') !== '1')
    throw new SqlRefused(36, 'BAD_ARGUMENTS', 'Setting readonly can only be 1');
  return settings;
}

/** The session's settings: what the call asks for, inside the caps. */
export function resourceLimits(settings: Settings, limits: Limits): Settings {
  const reads = settings.has('readonly');
  const atMost = (name: string, cap: number) => {
    const asked = Number(settings.get(name) ?? cap);
    return String(asked > 0 && asked <= cap ? asked : cap);
  };
  return new Map([
    ...settings,
    ['max_memory_usage', atMost('max_memory_usage', reads ? limits.readMemoryBytes : limits.memoryBytes)],
    ['max_execution_time', atMost('max_execution_time', reads ? 60 : 3600)],
    ['max_result_bytes', atMost('max_result_bytes', 256 * 1024 * 1024)],
    // Bound values are part of the text, in hexadecimal.
    ['max_query_size', String(64 * 1024 * 1024)],
  ]);
}

/** `a = 1, b = 'x', readonly = 1`: sorted, so that equal sets give equal text; `readonly` last, since nothing may follow it. */
export function settingsClause(settings: Settings): string {
  const rank = ([name]: [string, string]) => (name === 'readonly' ? `~${name}` : name);
  return [...settings]
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map(([name, value]) => `${name} = ${/^\d{1,15}$/.test(value) ? value : `'${value}'`}`)
    .join(', ');
}
