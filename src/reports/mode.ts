import type { Mode } from '../core/payment.ts';
import type { Records } from '../storage/records/records.ts';

/** Live and test money never add up. A question that names neither means live once the site has a live connection. */
export function createDefaultMode({
  records,
}: {
  records: { connections: Pick<Records['connections'], 'ofSite'> };
}): (site: string) => Promise<Mode> {
  return async (site) => {
    const connections = await records.connections.ofSite(site);
    return connections.some((connection) => connection.mode === 'live') ? 'live' : 'test';
  };
}
