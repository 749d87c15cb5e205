import { isWellFormedId } from '../core/link.ts';
import type { Records } from '../storage/records/records.ts';

/** One browser under two visitor ids, of two domains: the second was given a parameter that the first's page signed. */
export interface VisitorHandOver {
  from: string;
  to: string;
  /** Epoch milliseconds. */
  seenAt: number;
}

/**
 * Keeps that two visitors are one, once the signature was checked, and has the payments of both credited along both paths.
 * Doing it twice changes nothing; a visitor handed over to itself, or a malformed id, joins nobody.
 */
export async function linkVisitors(
  records: Pick<Records, 'transaction'>,
  site: string,
  handOvers: readonly VisitorHandOver[],
  now: number,
): Promise<void> {
  const usable = handOvers.filter(({ from, to }) => from !== to && isWellFormedId(from) && isWellFormedId(to));
  if (usable.length === 0) return;
  await records.transaction(async (tx) => {
    const rows = usable.map(({ from, to, seenAt }) => ({
      kind: 'hand_over' as const,
      value: from,
      visitor: to,
      seenAt,
    }));
    await tx.identities.add(site, rows);
    const touched = await tx.payments.touchedBy(site, [...new Set(usable.flatMap(({ from, to }) => [from, to]))]);
    if (touched.length > 0) await tx.attributions.request(site, touched, now, ['identity_joined']);
  });
}
