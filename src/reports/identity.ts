import type { Connected } from '../payments/explain.ts';
import type { VerdictUse } from '../payments/verdict.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { Mode } from '../core/payment.ts';
import { createRestatementReports, identityAnswerOf } from './restatements.ts';

type LinkId = Parameters<typeof identityAnswerOf>[1];

/** What the routes about identity call. */
export function createIdentityUse(deps: {
  records: Pick<Records, 'restatements'>;
  defaultMode: (site: string) => Promise<Mode>;
  explain: (site: Site, payment: string) => Promise<Connected | null>;
  verdicts: VerdictUse;
  linkId: LinkId;
}) {
  const { explain, verdicts, linkId } = deps;
  return {
    /** Null: the site has no such payment. */
    async of(site: Site, payment: string) {
      const connected = await explain(site, payment);
      return connected && identityAnswerOf(connected, linkId);
    },
    reject: verdicts.reject,
    reinstate: verdicts.reinstate,
    async rejected(site: Site, limit: number) {
      return (await verdicts.rejected(site, limit)).map(({ link: id, object, field, value, at, by, why }) => ({
        id,
        object,
        field,
        value,
        by,
        why,
        at: new Date(at).toISOString(),
      }));
    },
    restatements: createRestatementReports(deps),
  };
}
export type IdentityUse = ReturnType<typeof createIdentityUse>;
