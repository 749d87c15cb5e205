import type { HitTarget } from './visitors.ts';

/** Rows of the API, as from a script that reads an ad platform every night. */
export async function sendSpend({ url, site, serverKey }: HitTarget, rows: readonly object[]): Promise<void> {
  const answer = await fetch(`${url}/api/v1/sites/${site}/spend`, {
    method: 'POST',
    headers: { authorization: `Bearer ${serverKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ rows }),
  });
  if (!answer.ok) throw new Error(`spend answered ${answer.status}: ${await answer.text()}`);
}
