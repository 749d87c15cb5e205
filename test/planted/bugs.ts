import type { Bug } from './bug.ts';
import { CREDIT_BUGS } from './bugs-credit.ts';
import { IDENTITY_BUGS } from './bugs-identity.ts';
import { INBOX_BUGS } from './bugs-inbox.ts';
import { MONEY_BUGS } from './bugs-money.ts';

export const BUGS: readonly Bug[] = [...MONEY_BUGS, ...CREDIT_BUGS, ...INBOX_BUGS, ...IDENTITY_BUGS];
