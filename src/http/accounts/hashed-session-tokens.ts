import { createHash } from 'node:crypto';
import type { BetterAuthOptions, DBAdapter, Where } from 'better-auth';

type Row = Record<string, unknown>;
type Adapter = DBAdapter<BetterAuthOptions>;

const digest = (token: string) => createHash('sha256').update(token).digest('hex');

const hashedWhere = (where: Where[] | undefined): Where[] | undefined =>
  where?.map((part) =>
    part.field !== 'token'
      ? part
      : {
          ...part,
          value: Array.isArray(part.value)
            ? part.value.map((each) => digest(String(each)))
            : digest(String(part.value)),
        },
  );

const hashedRow = <T>(row: T): T =>
  typeof (row as Row).token === 'string' ? { ...row, token: digest((row as Row).token as string) } : row;

/** Gives the caller back the token it already had: better-auth compares and re-sends it. */
function unhashed<T>(row: T, where: Where[] | undefined): T {
  const asked = where?.find((part) => part.field === 'token')?.value;
  return row && typeof asked === 'string' ? { ...row, token: asked } : row;
}

/**
 * Wraps better-auth's adapter so that session tokens are stored as SHA-256: it would store them in clear, and a copy of
 * the database would then be a set of open sessions. Everything that is not a session passes through.
 */
export function withHashedSessionTokens(adapter: Adapter): Adapter {
  const isSession = (data: { model: string }) => data.model === 'session';
  const wrapped: Partial<Adapter> = {
    async create(data) {
      if (!isSession(data)) return adapter.create(data);
      const row = await adapter.create({ ...data, data: hashedRow(data.data) });
      return { ...(row as Row), token: (data.data as Row).token } as never;
    },
    async findOne(data) {
      if (!isSession(data)) return adapter.findOne(data);
      return unhashed((await adapter.findOne({ ...data, where: hashedWhere(data.where)! })) as never, data.where);
    },
    async findMany(data) {
      return adapter.findMany(isSession(data) ? { ...data, where: hashedWhere(data.where) } : data);
    },
    async update(data) {
      if (!isSession(data)) return adapter.update(data);
      const row = await adapter.update({ ...data, where: hashedWhere(data.where)!, update: hashedRow(data.update) });
      return unhashed(row as never, data.where);
    },
    async updateMany(data) {
      return adapter.updateMany(
        isSession(data) ? { ...data, where: hashedWhere(data.where)!, update: hashedRow(data.update) } : data,
      );
    },
    async delete(data) {
      return adapter.delete(isSession(data) ? { ...data, where: hashedWhere(data.where)! } : data);
    },
    async deleteMany(data) {
      return adapter.deleteMany(isSession(data) ? { ...data, where: hashedWhere(data.where)! } : data);
    },
    async count(data) {
      return adapter.count(isSession(data) ? { ...data, where: hashedWhere(data.where) } : data);
    },
    // Operations added by a later version must not slip past the hashing: sessions are refused there.
    async consumeOne(data) {
      if (isSession(data)) throw new Error('sessions are not consumed');
      return adapter.consumeOne(data);
    },
    async incrementOne(data) {
      if (isSession(data)) throw new Error('sessions are not counted up');
      return adapter.incrementOne(data);
    },
    // The inner adapter runs without transactions (auth.ts), so the work goes straight through the hashing.
    transaction: (work) => work({ ...adapter, ...wrapped } as never),
  };
  return { ...adapter, ...wrapped } as Adapter;
}
