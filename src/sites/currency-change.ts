import type { Records, Site, Sites } from '../storage/records/records.ts';
import { isSameCrediting } from './model-settings.ts';

/**
 * The sites, where a change of the reporting currency, or of what the site says about models, has every payment of the
 * site credited again: both in one transaction, so that reports cannot stay with the old ones.
 */
export function sitesInTheirCurrency(options: {
  records: Pick<Records, 'sites' | 'transaction'>;
  now: () => number;
  /** Called when a job was queued. */
  wake?: () => void;
}): Pick<Sites, 'add' | 'get' | 'list' | 'update'> {
  const { records, now, wake } = options;
  return {
    add: (site, addedAt) => records.sites.add(site, addedAt),
    get: (id) => records.sites.get(id),
    list: (team) => records.sites.list(team),
    async update(id, change) {
      let isQueued = false;
      const updated = await records.transaction(async (tx) => {
        const before = await tx.sites.get(id);
        const after = await tx.sites.update(id, change);
        isQueued = before !== null && after !== null && !isCreditedTheSame(before, after);
        if (isQueued) await tx.jobs.add('recompute', { site: id, reason: 'settings_changed' }, now());
        return after;
      });
      if (isQueued) wake?.();
      return updated;
    },
  };
}

function isCreditedTheSame(a: Site, b: Site): boolean {
  return a.currency === b.currency && isSameCrediting(a.settings, b.settings);
}
