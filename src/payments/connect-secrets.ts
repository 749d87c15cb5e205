import type { Secrets } from '../secrets.ts';
import type { Records } from '../storage/records/records.ts';

/** What a sealed value is bound to: it does not open in another row or column. */
export const keyPlace = (connection: string) => `connections:${connection}:key`;
/** Bound to the connection, not to the secret's id, which is not known before it is stored. */
export const secretPlace = (connection: string) => `webhook_secrets:${connection}:secret`;

/** Adds a webhook secret beside those in use, once: two are valid while one is being rolled. Call it in a transaction. */
export async function addWebhookSecret(
  tx: Records,
  { secrets, now }: { secrets: Secrets; now: () => number },
  connection: { id: string; site: string },
  secret: string,
): Promise<void> {
  const known = (await tx.connections.secrets(connection.site)).filter((it) => it.connection === connection.id);
  const isKnown = known.some((it) => secrets.open(it.sealedSecret, secretPlace(connection.id)) === secret);
  if (!isKnown) await tx.connections.addSecret(connection.id, secrets.seal(secret, secretPlace(connection.id)), now());
}
