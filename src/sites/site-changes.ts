import { COUNT_OFF_STRIPE } from '../payments/off-stripe.ts';
import type { Records, Site, Sites } from '../storage/records/records.ts';
import { isSameCrediting } from './model-settings.ts';

/**
 * The sites, where a change queues the work that follows from it in the same transaction, so that reports cannot stay
 * with the old setting. Another reporting currency, or other words about models, have every payment of the site credited
 * again; invoices that were paid off Stripe, once they are to be counted, are counted from the beginning.
 */
export function sitesThatFollow(options: {
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
        if (before === null || after === null) return after;
        const isRecredited = !isCreditedTheSame(before, after);
        const isCounted = after.settings.offStripe && !before.settings.offStripe;
        if (isRecredited) await tx.jobs.add('recompute', { site: id, reason: 'settings_changed' }, now());
        if (isCounted) await tx.jobs.add(COUNT_OFF_STRIPE, { site: id }, now());
        isQueued = isRecredited || isCounted;
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
