import type { Mode } from '../core/payment.ts';
import type { Facts } from '../storage/facts/facts.ts';
import type { Records } from '../storage/records/records.ts';

export interface ActivityOptions {
  facts: Pick<Facts, 'lastHit'>;
  records: {
    connections: Pick<Records['connections'], 'ofSite'>;
    payments: Pick<Records['payments'], 'count' | 'list'>;
  };
  /** See reports/mode.ts. */
  defaultMode(site: string): Promise<Mode>;
}

/** What the set-up page polls: has the script been seen, is money coming in, in which modes? */
export function createSiteActivity({ facts, records, defaultMode }: ActivityOptions) {
  const hasPayments = async (site: string, mode: Mode) =>
    (await records.payments.list(site, mode, 1, null)).payments.length > 0;

  return async ({ id }: { id: string }) => {
    const [lastHit, connections, payments] = await Promise.all([
      facts.lastHit(id),
      records.connections.ofSite(id),
      records.payments.count(id),
    ]);
    const modes: Mode[] = [];
    for (const mode of ['live', 'test'] as const) {
      const connected = connections.some((connection) => connection.mode === mode);
      if (connected || (payments > 0 && (await hasPayments(id, mode)))) modes.push(mode);
    }
    return { lastHit, payments, modes, defaultMode: await defaultMode(id) };
  };
}
