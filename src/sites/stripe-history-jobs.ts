import { requestBackfill } from '../payments/backfill-start.ts';
import { dayOf } from '../payments/reconcile-compare.ts';
import { requestReconcile } from '../payments/reconcile-start.ts';
import type { Records } from '../storage/records/records.ts';

/** As many as every night. */
const DAYS = 35;

/** What a person may ask for beside what happens by itself. Asked twice, it is the same job as long as that runs. */
export function createHistoryJob(deps: { records: Records; now: () => number; wake?: () => void }) {
  const { records, now, wake } = deps;
  return async (input: {
    site: string;
    connection: string;
    kind: 'backfill' | 'reconcile';
  }): Promise<string | null> => {
    const connection = await records.connections.get(input.connection);
    if (!connection || connection.site !== input.site || connection.sealedKey === null) return null;
    const days = { from: dayOf(now() - DAYS * 86_400_000), to: dayOf(now()) };
    const id =
      input.kind === 'backfill'
        ? await requestBackfill(records, connection.id, null, now())
        : await requestReconcile(records, connection.id, days, now());
    wake?.();
    return id;
  };
}
