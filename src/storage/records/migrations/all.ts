import { spine } from './0001-spine.ts';
import { accounts } from './0002-accounts.ts';
import { connecting } from './0003-connecting.ts';
import { history } from './0004-history.ts';
import { paymentDetails } from './0005-payment-details.ts';
import type { Migration } from './migration.ts';

/** In the order they run. Append only. */
export const MIGRATIONS: readonly Migration[] = [spine, accounts, connecting, history, paymentDetails];
