/**
 * The child process: opens the embedded engine in one data directory and speaks the part of ClickHouse's HTTP protocol
 * that @clickhouse/client uses, on loopback, for whoever knows the password. Started by supervise.ts, which talks to it
 * over IPC; it ends when that channel does, because an orphan would keep the directory.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lockDirectory } from '../../../directory-lock.ts';
import { openEngine, type Chdb, type Engine } from './engine.ts';
import { forgetLostInserts } from './lost-inserts.ts';
import { readBody } from './request-body.ts';
import { settingsOf } from './settings.ts';
import { bindParameters, inspectStatement, SqlRefused } from './sql-text.ts';

export interface OpenMessage {
  type: 'open';
  directory: string;
  password: string;
  memoryBytes: number;
  readMemoryBytes: number;
  /** How long a directory still held by a dying process is awaited. */
  lockWaitMs: number;
}
export type ParentMessage = OpenMessage | { type: 'close' };
export type ChildMessage =
  | { type: 'ready'; port: number }
  | { type: 'failed'; code: 'not_installed' | 'directory_busy' | 'failed'; message: string };

const BODY_BYTES_MAX = 128 * 1024 * 1024;
const INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\s*(?:\(([\w\s,]*)\))?\s*FORMAT\s+(JSONEachRow|JSONCompactEachRow)\s*$/i;

interface Session {
  engine: Engine;
  tableFunctions: ReadonlySet<string>;
  passwordHash: Buffer;
}

async function handle(session: Session, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (request.method === 'GET' && url.pathname === '/ping') return answer(response, 200, 'Ok.\n');
  if (!authorized(session.passwordHash, request, url))
    throw new SqlRefused(516, 'AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect');
  const database = url.searchParams.get('database') ?? 'default';
  if (database !== 'default')
    throw new SqlRefused(81, 'UNKNOWN_DATABASE', `Database ${database} does not exist: there is only default`);
  const settings = settingsOf(url.searchParams);
  const body = await readBody(request, BODY_BYTES_MAX);
  const inUrl = url.searchParams.get('query');

  const insert = inUrl === null ? null : INSERT.exec(inUrl);
  if (insert) {
    if (settings.has('readonly')) throw new SqlRefused(164, 'READONLY', 'Cannot execute query in readonly mode');
    const columns = insert[2]?.split(',').map((column) => column.trim());
    await session.engine.insert({ table: insert[1]!, columns, format: insert[3]!, values: body }, settings);
    return answer(response, 200, '');
  }
  const fields = await requestFields(request, url, body);
  const statement = inspectStatement(fields.sql, session.tableFunctions);
  if (settings.has('readonly') && !statement.reads)
    throw new SqlRefused(164, 'READONLY', `Cannot execute ${statement.keyword} in readonly mode`);
  const format = url.searchParams.get('default_format') ?? 'TabSeparated';
  const run = statement.reads ? session.engine.select : session.engine.command;
  answer(response, 200, await run(bindParameters(fields.sql, fields.parameters), format, settings));
}

/** The statement and its parameters, from the URL, the body, or (long ones) the body's form fields. */
async function requestFields(request: IncomingMessage, url: URL, body: Buffer) {
  const contentType = request.headers['content-type'] ?? '';
  const fields = new Map(url.searchParams);
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) if (typeof value === 'string') fields.set(name, value);
  } else if (body.length > 0)
    fields.set('query', [fields.get('query'), body.toString('utf8')].filter(Boolean).join('\n'));
  const parameters = new Map<string, string>();
  for (const [name, value] of fields) if (name.startsWith('param_')) parameters.set(name.slice(6), value);
  return { sql: fields.get('query') ?? '', parameters };
}

function authorized(passwordHash: Buffer, request: IncomingMessage, url: URL): boolean {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const given =
    request.headers['x-clickhouse-key'] ??
    url.searchParams.get('password') ??
    (basic
      ? Buffer.from(basic, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
      : '');
  return timingSafeEqual(hash(String(given)), passwordHash);
}

const hash = (text: string) => createHash('sha256').update(text).digest();

function answer(
  response: ServerResponse,
  status: number,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-summary': '{}',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Errors as ClickHouse writes them, so that the client raises them as ClickHouseError. */
function answerError(response: ServerResponse, error: unknown) {
  if (response.headersSent) return response.destroy();
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof SqlRefused ? error.code : Number(/Code: (\d+)/.exec(message)?.[1] ?? 1002);
  const text =
    error instanceof SqlRefused
      ? `Code: ${code}. DB::Exception: ${message}. (${error.type})`
      : /DB::Exception/.test(message)
        ? message
        : `Code: ${code}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)`;
  const status = code === 516 ? 401 : code === 307 ? 413 : code === 202 ? 503 : 500;
  answer(response, status, text, { 'x-clickhouse-exception-code': String(code), connection: 'close' });
}

async function open(message: OpenMessage): Promise<{ server: Server; engine: Engine }> {
  const chdb = await loadChdb();
  await lockDirectory(message.directory, { what: 'facts directory', waitMs: message.lockWaitMs });
  for (const part of forgetLostInserts(message.directory)) {
    process.stderr.write(`an insert that was under way is done again when it is repeated (part ${part})\n`);
  }
  const engine = await openEngine(chdb, message.directory, message);
  const names = await engine.select('SELECT lower(name) FROM system.table_functions', 'TabSeparated', new Map());
  const session: Session = {
    engine,
    tableFunctions: new Set(Buffer.from(names).toString('utf8').trim().split('\n')),
    passwordHash: hash(message.password),
  };
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 120_000 }, (request, response) => {
    handle(session, request, response).catch((error: unknown) => answerError(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, engine };
}

async function loadChdb(): Promise<Chdb> {
  try {
    return (await import('chdb')) as unknown as Chdb;
  } catch (cause) {
    throw Object.assign(
      new Error(
        'The embedded facts store needs the optional package chdb (glibc Linux or macOS), which can not be loaded here. ' +
          'Install it, or set CLICKHOUSE_URL to a ClickHouse server.',
        { cause },
      ),
      { name: 'NotInstalled' },
    );
  }
}

function send(message: ChildMessage) {
  process.send?.(message);
}

async function close({ server, engine }: { server: Server; engine: Engine }) {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections();
  });
  await engine.close();
  process.exit(0);
}

let opening: Promise<{ server: Server; engine: Engine }> | undefined;
process.on('message', (message: ParentMessage) => {
  if (message.type === 'open') {
    opening = open(message);
    opening.then(
      ({ server }) => send({ type: 'ready', port: (server.address() as AddressInfo).port }),
      (error: Error) => {
        const codes = { NotInstalled: 'not_installed', DirectoryBusy: 'directory_busy' } as const;
        const code = codes[error.name as keyof typeof codes] ?? 'failed';
        send({ type: 'failed', code, message: error.message });
        setTimeout(() => process.exit(1), 100);
      },
    );
  } else void opening?.then(close);
});
// Committed inserts are on disk; nothing is gained by a slow farewell, and a stuck one would hold the directory.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The parent decides when to stop: a terminal sends its signals to the whole group.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
