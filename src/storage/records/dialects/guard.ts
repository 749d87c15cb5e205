import { CompiledQuery, type DatabaseConnection, type Driver } from 'kysely';

export interface Guard {
  /** Makes parameters storable. */
  parameter(value: unknown): unknown;
  /** What the caller is told: an outage is a RecordsUnavailable, anything else stays as it is. */
  translate(error: unknown): unknown;
  /** Runs one statement; a dialect may repeat it here. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Replaces the driver's own `begin`. */
  begin?: string;
}

/** Puts the same guard around every statement of a Kysely driver, those of transactions and new connections included. */
export function guardDriver(driver: Driver, guard: Guard): Driver {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const outer = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = (connection: DatabaseConnection) => inner.get(connection) ?? connection;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await guard.attempt(work);
    } catch (error) {
      throw guard.translate(error);
    }
  };
  const storable = (query: CompiledQuery): CompiledQuery => ({
    ...query,
    parameters: query.parameters.map((value) => guard.parameter(value)),
  });

  function wrap(connection: DatabaseConnection): DatabaseConnection {
    const known = outer.get(connection);
    if (known) return known;
    const wrapped: DatabaseConnection = {
      executeQuery: (query, options) => guarded(() => connection.executeQuery(storable(query), options)),
      streamQuery: (query, chunkSize, options) => connection.streamQuery(storable(query), chunkSize, options),
    };
    inner.set(wrapped, connection);
    outer.set(connection, wrapped);
    return wrapped;
  }

  return {
    init: (options) => guarded(() => driver.init(options)),
    acquireConnection: async (options) => wrap(await guarded(() => driver.acquireConnection(options))),
    releaseConnection: (connection, options) => driver.releaseConnection(innerOf(connection), options),
    beginTransaction: (connection, settings) =>
      guarded(async () => {
        if (guard.begin) await innerOf(connection).executeQuery(CompiledQuery.raw(guard.begin));
        else await driver.beginTransaction(innerOf(connection), settings);
      }),
    commitTransaction: (connection) => guarded(() => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => guarded(() => driver.rollbackTransaction(innerOf(connection))),
    savepoint: (connection, name, compile) => guarded(() => driver.savepoint!(innerOf(connection), name, compile)),
    rollbackToSavepoint: (connection, name, compile) =>
      guarded(() => driver.rollbackToSavepoint!(innerOf(connection), name, compile)),
    releaseSavepoint: (connection, name, compile) =>
      guarded(() => driver.releaseSavepoint!(innerOf(connection), name, compile)),
    destroy: (options) => driver.destroy(options),
  };
}

/**
 * PostgreSQL's text holds no NUL character and no lone surrogate; values from outside may. Both stores keep, and look
 * for, the same replacement.
 */
export function storableText(value: string): string {
  const whole = value.isWellFormed() ? value : value.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '\uFFFD') : whole;
}
