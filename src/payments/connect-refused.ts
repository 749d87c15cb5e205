import type { Connection, Records } from '../storage/records/records.ts';
import { lockConnection } from './book.ts';

/**
 * Writes down that the provider refuses a key that it had accepted: revoked, expired, or bound to other addresses. The
 * rechecker asks from then on whether it is accepted again. Another key that came in meanwhile is not meant.
 */
export async function rememberRefusal(
  records: Records,
  connection: Connection,
  refusal: { reason: string; now: number },
): Promise<void> {
  await records.transaction(async (tx) => {
    await lockConnection(tx, connection);
    const current = await tx.connections.get(connection.id);
    if (current?.sealedKey !== connection.sealedKey || current.status !== 'verified') return;
    // Stripe's words alone: whoever shows them says what they are about.
    const statusReason = refusal.reason.replace(/^Stripe refuses the key: /, '').slice(0, 500);
    await tx.connections.update(connection.id, { status: 'refused', statusReason, checkedAt: refusal.now });
  });
}
