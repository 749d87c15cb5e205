import { PUBLIC_ONLY } from '../alerts/address.ts';
import { createAlertDelivery } from '../alerts/deliver.ts';
import { createAlertUse } from '../alerts/use.ts';
import { createCoverageWatch } from '../alerts/watch.ts';
import type { Log } from '../loop.ts';
import { createDefaultMode } from '../reports/mode.ts';
import type { Facts } from '../storage/facts/facts.ts';
import { now } from './base.ts';
import type { Base } from './base.ts';

type Parts = Pick<Base, 'records' | 'secrets'> & { facts: Facts };

/** What the routes about coverage and alerts call. */
export function alertUse({ records, secrets, facts, wake }: Parts & { wake: () => void }) {
  const defaultMode = createDefaultMode({ records });
  return createAlertUse({ records, facts, secrets, defaultMode, rule: PUBLIC_ONLY, now, onQueued: wake });
}

/** Who looks whether coverage has fallen, and who tells. */
export function alertWorkers({
  records,
  secrets,
  facts,
  ...rest
}: Parts & { publicUrl: string; log: Log; wake: () => void }) {
  const { publicUrl, log, wake } = rest;
  const defaultMode = createDefaultMode({ records });
  return [
    {
      name: 'coverage',
      everyMs: 15_000,
      worker: createCoverageWatch({ records, facts, defaultMode, now, log, onRaised: wake }),
    },
    {
      name: 'alert delivery',
      everyMs: 5_000,
      worker: createAlertDelivery({ records, secrets, rule: PUBLIC_ONLY, publicUrl, now, log }),
    },
  ];
}
