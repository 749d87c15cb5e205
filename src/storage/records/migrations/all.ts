import { spine } from './0001-spine.ts';
import { accounts } from './0002-accounts.ts';
import { connecting } from './0003-connecting.ts';
import { history } from './0004-history.ts';
import { paymentDetails } from './0005-payment-details.ts';
import { rates } from './0006-rates.ts';
import { subscriptions } from './0007-subscriptions.ts';
import { inboxPurge } from './0008-inbox-purge.ts';
import { savedRuns } from './0011-saved-runs.ts';
import { spend } from './0012-spend.ts';
import { identity } from './0013-identity.ts';
import { recompute } from './0015-recompute.ts';
import { outboxHeld } from './0016-outbox-held.ts';
import { spendCurrencies } from './0018-spend-currencies.ts';
import { alerts } from './0014-alerts.ts';
import type { Migration } from './migration.ts';

/** In the order they run. Append only. */
export const MIGRATIONS: readonly Migration[] = [
  spine,
  accounts,
  connecting,
  history,
  paymentDetails,
  rates,
  subscriptions,
  inboxPurge,
  savedRuns,
  spend,
  identity,
  alerts,
  recompute,
  outboxHeld,
  spendCurrencies,
];
