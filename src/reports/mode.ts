import type { Mode } from '../core/payment.ts';
import type { Records } from '../storage/records/records.ts';

/**
 * Live and test money never add up. A question that names neither means live once the site has a live connection, and
 * while it has none at all, live money of other providers.
 */
export function createDefaultMode({
  records,
}: {
  records: { connections: Pick<Records['connections'], 'ofSite'>; payments: Pick<Records['payments'], 'list'> };
}): (site: string) => Promise<Mode> {
  return async (site) => {
    const connections = await records.connections.ofSite(site);
    if (connections.some((connection) => connection.mode === 'live')) return 'live';
    if (connections.length > 0) return 'test';
    const { payments } = await records.payments.list(site, 'live', 1, null);
    return payments.length > 0 ? 'live' : 'test';
  };
}
