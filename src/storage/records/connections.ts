import type { Kysely, Selectable, Updateable } from 'kysely';
import type { ConnectionsTable, Database } from './database.ts';
import { randomId } from './ids.ts';
import type { Connection, Connections } from './records.ts';

type Change = Parameters<Connections['update']>[1];

export function createConnections(db: Kysely<Database>): Connections {
  const ordered = () => db.selectFrom('connections').selectAll().orderBy('created_at').orderBy('id');
  return {
    async add(connection, now) {
      const row: ConnectionsTable = {
        id: randomId(),
        site: connection.site,
        account: connection.account,
        mode: connection.mode,
        status: connection.status,
        status_reason: connection.statusReason,
        sealed_key: connection.sealedKey,
        key_hint: connection.keyHint,
        created_at: now,
        checked_at: connection.checkedAt,
        last_event_at: null,
        granted_by: connection.grantedBy ?? 'key',
        mode_chosen: connection.isModeChosen ? 1 : 0,
        permissions: jsonOrNull(connection.permissions),
        endpoint: jsonOrNull(connection.endpoint),
      };
      await db.insertInto('connections').values(row).execute();
      return toConnection(row);
    },
    async get(id) {
      const row = await db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toConnection(row) : null;
    },
    async update(id, change) {
      const set = toColumns(change);
      if (Object.keys(set).length > 0) await db.updateTable('connections').set(set).where('id', '=', id).execute();
    },
    async ofSite(site) {
      return (await ordered().where('site', '=', site).execute()).map(toConnection);
    },
    async all() {
      return (await ordered().execute()).map(toConnection);
    },
    async unverified(before) {
      const rows = await ordered()
        .where('status', 'in', ['unverified', 'refused'])
        .where((eb) => eb.or([eb('checked_at', 'is', null), eb('checked_at', '<', before)]))
        .execute();
      return rows.map(toConnection);
    },
    ...createWebhookSecrets(db),
  };
}

function createWebhookSecrets(db: Kysely<Database>): Pick<Connections, 'addSecret' | 'removeSecrets' | 'secrets'> {
  return {
    async addSecret(connection, sealedSecret, now) {
      const id = randomId();
      await db
        .insertInto('webhook_secrets')
        .values({ id, connection, sealed_secret: sealedSecret, created_at: now })
        .execute();
      return { id, connection, sealedSecret, createdAt: now };
    },
    async removeSecrets(connection) {
      await db.deleteFrom('webhook_secrets').where('connection', '=', connection).execute();
    },
    async secrets(site) {
      const rows = await db
        .selectFrom('webhook_secrets as secret')
        .innerJoin('connections', 'connections.id', 'secret.connection')
        .select(['secret.id', 'secret.connection', 'secret.sealed_secret', 'secret.created_at', 'connections.site'])
        .$if(site !== null, (query) => query.where('connections.site', '=', site!))
        .orderBy('secret.created_at')
        .orderBy('secret.id')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        connection: row.connection,
        sealedSecret: row.sealed_secret,
        createdAt: row.created_at,
        site: row.site,
      }));
    },
  };
}

const COLUMNS = {
  account: 'account',
  mode: 'mode',
  status: 'status',
  statusReason: 'status_reason',
  sealedKey: 'sealed_key',
  keyHint: 'key_hint',
  checkedAt: 'checked_at',
  lastEventAt: 'last_event_at',
  grantedBy: 'granted_by',
} as const satisfies Partial<Record<keyof Change, keyof ConnectionsTable>>;

function toColumns(change: Change): Updateable<ConnectionsTable> {
  const pairs = Object.entries(COLUMNS)
    .filter(([field]) => change[field as keyof Change] !== undefined)
    .map(([field, column]) => [column, change[field as keyof Change]]);
  return {
    ...(Object.fromEntries(pairs) as Updateable<ConnectionsTable>),
    ...(change.isModeChosen === undefined ? {} : { mode_chosen: change.isModeChosen ? 1 : 0 }),
    ...(change.permissions === undefined ? {} : { permissions: jsonOrNull(change.permissions) }),
    ...(change.endpoint === undefined ? {} : { endpoint: jsonOrNull(change.endpoint) }),
  };
}

const jsonOrNull = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value));

function toConnection(row: Selectable<ConnectionsTable>): Connection {
  return {
    id: row.id,
    site: row.site,
    account: row.account,
    mode: row.mode as Connection['mode'],
    status: row.status as Connection['status'],
    statusReason: row.status_reason,
    sealedKey: row.sealed_key,
    keyHint: row.key_hint,
    createdAt: row.created_at,
    checkedAt: row.checked_at,
    lastEventAt: row.last_event_at,
    grantedBy: row.granted_by as Connection['grantedBy'],
    isModeChosen: row.mode_chosen === 1,
    permissions: row.permissions === null ? null : (JSON.parse(row.permissions) as Connection['permissions']),
    endpoint: row.endpoint === null ? null : (JSON.parse(row.endpoint) as Connection['endpoint']),
  };
}
