import type { CheckUp } from '../payments/doctor-finding.ts';
import type { Site } from '../storage/records/records.ts';

/** The page *Settings > Check-up* in the shape of http/contract.ts; commands print the same. */
export function createCheckUpAnswer(doctor: (site: Site) => Promise<CheckUp>) {
  return async (site: Site) => {
    const { checkedAt, findings, checks } = await doctor(site);
    return { checked_at: new Date(checkedAt).toISOString(), findings, checks };
  };
}
export type CheckUpAnswer = Awaited<ReturnType<ReturnType<typeof createCheckUpAnswer>>>;
