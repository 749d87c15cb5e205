import { createExplain } from '../payments/explain.ts';
import { linkId } from '../payments/link-id.ts';
import { createVerdicts } from '../payments/verdict.ts';
import { createIdentityUse } from '../reports/identity.ts';
import { createDefaultMode } from '../reports/mode.ts';
import type { Records } from '../storage/records/records.ts';

/** Who is one person, what people say about it, and what changed by it. */
export function identityUse(parts: { records: Records; now: () => number; onRequested?: () => void }) {
  const { records, now, onRequested } = parts;
  const explain = createExplain({ records });
  const verdicts = createVerdicts({ records, now, connectedBy: explain, ...(onRequested ? { onRequested } : {}) });
  return createIdentityUse({ records, defaultMode: createDefaultMode({ records }), explain, verdicts, linkId });
}
