import { sql, type Kysely, type Selectable } from 'kysely';
import { storedError } from './claims.ts';
import type { Database, JobsTable } from './database.ts';
import { skipLocked } from './dialects/differences.ts';
import { randomId } from './ids.ts';
import type { Job, Jobs } from './records.ts';

// Literals and not parameters: only then does SQLite use the index on open jobs.
const OPEN = sql<boolean>`state in ('queued', 'running')`;

export function createJobs(db: Kysely<Database>): Jobs {
  const held = (job: Pick<Job, 'id' | 'fence'>) =>
    db.updateTable('jobs').where('id', '=', job.id).where('fence', '=', job.fence).where('state', '=', 'running');
  return {
    async add(kind, args, now) {
      const row: JobsTable = {
        id: randomId(),
        kind,
        args: JSON.stringify(args),
        state: 'queued',
        progress: '{}',
        error: null,
        fence: 0,
        owner: null,
        due_at: now,
        created_at: now,
      };
      await db.insertInto('jobs').values(row).execute();
      return toJob(row);
    },
    async get(id) {
      const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toJob(row) : null;
    },
    async open(kind) {
      const rows = await db
        .selectFrom('jobs')
        .selectAll()
        .where(OPEN)
        .where('kind', '=', kind)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toJob);
    },
    claim: (...request) => claim(db, ...request),
    async progress(job, progress, leaseUntil) {
      const result = await held(job)
        .set({ progress: JSON.stringify(progress), due_at: leaseUntil })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async postpone(job, dueAt, reason) {
      const result = await held(job)
        .set({ state: 'queued', owner: null, due_at: dueAt, error: reason === null ? null : storedError(reason) })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    async finish(job, error) {
      const result = await held(job)
        .set({
          state: error === null ? 'done' : 'failed',
          error: error === null ? null : storedError(error),
          owner: null,
        })
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
  };
}

async function claim(
  db: Kysely<Database>,
  ...[owner, now, leaseMs, only = {}]: Parameters<Jobs['claim']>
): Promise<Job | null> {
  const due = db
    .selectFrom('jobs')
    .select('id')
    .where(OPEN)
    .where('due_at', '<=', now)
    .$if(only.kinds !== undefined, (query) => query.where('kind', 'in', [...only.kinds!]))
    .$if(only.id !== undefined, (query) => query.where('id', '=', only.id!))
    .orderBy('due_at')
    .orderBy('created_at')
    .limit(1);
  const row = await db
    .with('due', () => skipLocked(db, due))
    .updateTable('jobs')
    .set((eb) => ({ state: 'running', owner, due_at: now + leaseMs, fence: eb('fence', '+', 1) }))
    .where(sql<boolean>`id in (select id from due)`)
    .where(OPEN)
    .where('due_at', '<=', now)
    .returningAll()
    .executeTakeFirst();
  return row ? toJob(row) : null;
}

function toJob(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    kind: row.kind,
    args: JSON.parse(row.args) as Record<string, unknown>,
    state: row.state as Job['state'],
    progress: JSON.parse(row.progress) as Record<string, unknown>,
    error: row.error,
    fence: row.fence,
    createdAt: row.created_at,
  };
}
