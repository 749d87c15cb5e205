import { Pool, types } from 'pg';
import { PostgresAdapter, PostgresDriver, PostgresIntrospector, PostgresQueryCompiler, type Dialect } from 'kysely';
import type { Log } from '../../../loop.ts';
import { RecordsUnavailable } from '../records.ts';
import { guardDriver, storableText } from './guard.ts';

const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A process that stops inside a transaction (a debugger, a paused container) must not keep its locks for ever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/** Kysely on a pool of pg connections, bounded in number and time. */
export function createPostgresDialect(options: { url: string; connectionsMax?: number; log: Log }): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () =>
      guardDriver(new PostgresDriver({ pool: async () => createPool(options) }), {
        parameter: (value) => (typeof value === 'string' ? storableText(value) : value),
        translate,
        attempt: (work) => work(),
      }),
  };
}

function createPool(options: { url: string; connectionsMax?: number; log: Log }): Pool {
  const pool = new Pool({
    connectionString: options.url,
    max: options.connectionsMax ?? CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'headwater',
    types: { getTypeParser: ((oid, format) => parserOf(oid, format)) as typeof types.getTypeParser },
  });
  const broke = (error: Error) => options.log.warn({ error: error.message }, 'a PostgreSQL connection broke');
  pool.on('error', broke);
  pool.on('connect', (client) => {
    // The pool listens to idle clients only: one that breaks between two statements of a transaction would otherwise
    // end the process. Its next statement fails, which is all that is needed.
    client.on('error', broke);
    // As statements and not as start-up parameters, because connection poolers refuse those.
    client
      .query(
        "select set_config('statement_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $2, false)",
        [String(STATEMENT_TIMEOUT_MS), String(IDLE_IN_TRANSACTION_TIMEOUT_MS)],
      )
      .catch((error: Error) => options.log.warn({ error: error.message }, 'PostgreSQL connection without time limits'));
  });
  return pool;
}

const INT8 = 20;

function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === INT8 && format !== 'binary') return parseInt8;
  return types.getTypeParser(oid, format as 'text') as (text: string) => unknown;
}

/** Amounts and times are safe integers by contract; one that is not must not be rounded silently. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} of the records store is not a safe integer`);
  return value;
}

/** SQLSTATE classes and codes that mean "try again later" (PostgreSQL manual, appendix A). */
const OUTAGE_STATES = [
  /^08/, // connection exceptions
  /^53/, // insufficient resources
  /^57P0[1-5]$/, // shutting down, cannot connect now, idle session ended
  /^57014$/, // cancelled by statement_timeout
  /^40(001|P01)$/, // serialization failure, deadlock: the other one won
  /^55P03$/, // lock not available
  /^25006$/, // read-only: a failover is under way
  /^25P0[34]$/, // ended by idle_in_transaction_session_timeout or transaction_timeout
  /^28/, // password or role refused
  /^3D000$/, // no such database
];
const OUTAGE_MESSAGES = /Connection terminated|timeout exceeded when trying to connect|not queryable|Client was closed/;

function translate(error: unknown): unknown {
  const { code, message, syscall, errors } = error as NodeJS.ErrnoException & { errors?: Error[] };
  const state = typeof code === 'string' ? code : '';
  const network = syscall !== undefined || /^E(?!RR_)[A-Z]+$/.test(state);
  if (!network && !OUTAGE_STATES.some((pattern) => pattern.test(state)) && !OUTAGE_MESSAGES.test(String(message))) {
    return error;
  }
  // A host with several addresses fails with an AggregateError whose own message is empty.
  const reason = message || errors?.map((each) => each.message).join('; ') || state;
  return new RecordsUnavailable(
    `PostgreSQL (DATABASE_URL) does not answer: ${reason}; check that it runs and is reachable`,
    { cause: error },
  );
}
