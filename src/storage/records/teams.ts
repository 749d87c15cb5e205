import type { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { randomId } from './ids.ts';
import type { Team, Teams } from './records.ts';

export function createTeams(db: Kysely<Database>): Teams {
  const columns = ['teams.id', 'teams.name', 'teams.created_at'] as const;
  return {
    async default(now) {
      await db
        .insertInto('teams')
        .values({ id: randomId(), name: 'My team', slot: 'default', created_at: now })
        .onConflict((conflict) => conflict.column('slot').doNothing())
        .execute();
      const row = await db.selectFrom('teams').select(columns).where('slot', '=', 'default').executeTakeFirstOrThrow();
      return toTeam(row);
    },
    async get(id) {
      const row = await db.selectFrom('teams').select(columns).where('id', '=', id).executeTakeFirst();
      return row ? toTeam(row) : null;
    },
    async ofMember(memberId) {
      const rows = await db
        .selectFrom('team_members')
        .innerJoin('teams', 'teams.id', 'team_members.team')
        .select(columns)
        .where('team_members.member', '=', memberId)
        .orderBy('teams.created_at')
        .orderBy('teams.id')
        .execute();
      return rows.map(toTeam);
    },
    async addMember(team, memberId, role, now) {
      await db
        .insertInto('team_members')
        .values({ team, member: memberId, role, created_at: now })
        .onConflict((conflict) => conflict.columns(['team', 'member']).doUpdateSet({ role }))
        .execute();
    },
    async memberCount() {
      const row = await db
        .selectFrom('team_members')
        .select((eb) => eb.fn.count<number>('member').distinct().as('members'))
        .executeTakeFirstOrThrow();
      return row.members;
    },
  };
}

function toTeam(row: { id: string; name: string; created_at: number }): Team {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}
