import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from '../payments/provider.ts';
import { failureOf } from './client.ts';
import type { Clients } from './client.ts';

/**
 * Asks Stripe whether it accepts a key, with the one call every useful key may make: list charges.
 * A 403 there is a refusal as well: a key that may not read charges cannot show revenue, and Stripe's words name the
 * missing permission. `GET /v1/account` answers 403 to restricted keys, so it is only asked for the account's id.
 */
export async function probeKey(clients: Clients, key: string): Promise<Probe> {
  const format = checkFormat(key);
  if ('reason' in format) return { status: 'refused', reason: format.reason };
  const client = clients(key);
  try {
    const charges = await client.charges.list({ limit: 1 });
    const livemode = charges.data?.[0]?.livemode ?? format.livemode;
    return { status: 'verified', livemode: livemode === true, ...(await accountOf(clients, key)) };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'unavailable') {
      return { status: 'unreachable', livemode: format.livemode, reason: failure.error.message };
    }
    return { status: 'refused', reason: failure.reason };
  }
}

function checkFormat(key: string): { livemode: boolean } | { reason: string } {
  if (/\s/.test(key)) return { reason: 'the key contains spaces or line breaks; paste it again' };
  if (key.startsWith('pk_')) {
    return { reason: 'this is a publishable key (pk_…), which reads nothing; use a restricted key (rk_…)' };
  }
  if (key.startsWith('whsec_'))
    return { reason: 'this is a webhook secret (whsec_…), not a key; use a restricted key (rk_…)' };
  const match = /^(?:sk|rk)_(live|test)_[A-Za-z0-9_]{1,250}$/.exec(key);
  if (!match) return { reason: 'not a Stripe key; use a restricted key (rk_live_… or rk_test_…)' };
  return { livemode: match[1] === 'live' };
}

const TRIES = 3;
const AGAIN_MS = 400;

/**
 * The account's id where the key may know it; Stripe's refusal usually names it too. That Stripe fails for a moment is
 * not that the key may not know: a second account's key was once taken for a new key of the first one's.
 */
async function accountOf(clients: Clients, key: string): Promise<{ account: string | null; unsaid?: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const account: unknown = await clients(key).rawRequest('GET', '/v1/account');
      return { account: accountIn(JSON.stringify((account as { id?: unknown }).id ?? '')) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind !== 'unavailable') return { account: accountIn(failure.reason) };
      if (attempt === TRIES) return { account: null, unsaid: failure.error.message };
      await sleep(AGAIN_MS);
    }
  }
}

function accountIn(text: string): string | null {
  return /\bacct_[A-Za-z0-9]{1,60}\b/.exec(text)?.[0] ?? null;
}
