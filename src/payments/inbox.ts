import type { Secrets } from '../secrets.ts';
import type { Records } from '../storage/records/records.ts';
import { connectionsByOAuth, endWhenWithdrawn, ownersOf } from './connect-events.ts';
import type { Owner } from './connect-events.ts';
import { secretPlace } from './connect-secrets.ts';
import type { Delivery, Provider } from './provider.ts';
import { createTogether } from './together.ts';

export { secretPlace } from './connect-secrets.ts';

/** A webhook's raw body lies sealed: it holds names and addresses of the merchant's customers. */
export const bodyPlace = (connection: string, eventId: string) => `inbox:${connection}:${eventId}:body`;

/** `last_event_at` is for people; writing it with every webhook would double the writes of a busy endpoint. */
const LAST_EVENT_EVERY_MS = 10_000;
const NOTED_MAX = 10_000;

export interface WebhookInput {
  /** null: the site is found by the secret that verifies. */
  site: string | null;
  rawBody: Uint8Array;
  signature: string | undefined;
}
export interface WebhookAnswer {
  status: 200 | 400 | 404;
  code: 'stored' | 'duplicate' | 'quarantined' | 'bad_signature' | 'unknown_site' | 'unknown_account';
  message: string;
}

/**
 * Takes a webhook: verified on its raw bytes, committed to the inbox, and only then answered with 2xx. Nothing
 * unverified is stored. Processing is the recorder's.
 */
export function createWebhookReceiver(deps: {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'verify'>;
  now: () => number;
  /** Called after something was stored. */
  wake?: () => void;
  /** Called for a signature that no secret of the site made; nothing of the request is stored. */
  onRefused?: (site: string, reason: string) => void;
  /** Signs the events of every account that was connected by OAuth; null: there is no such endpoint. */
  platformSecret?: string | null;
}) {
  const { records, secrets, provider, now, wake, platformSecret = null } = deps;
  const notedAt = new Map<string, number>();
  const together = createTogether(records);

  async function receiveWebhook(input: WebhookInput): Promise<WebhookAnswer> {
    const stored = await records.connections.secrets(input.site);
    if (stored.length === 0 && input.site !== null && !(await records.sites.get(input.site))) {
      return { status: 404, code: 'unknown_site', message: `there is no site '${input.site.slice(0, 64)}'` };
    }
    const known = stored.flatMap(({ id, connection, sealedSecret }) => opened(secrets, id, connection, sealedSecret));
    if (platformSecret !== null && input.site === null) known.push({ id: PLATFORM, secret: platformSecret });
    const verified = provider.verify(input.rawBody, input.signature, known, now());
    if (!verified.ok) {
      if (input.site !== null) deps.onRefused?.(input.site, verified.reason);
      return { status: 400, code: 'bad_signature', message: verified.reason };
    }
    const ids = stored.filter(({ id }) => verified.secretIds.includes(id)).map(({ connection }) => connection);
    if (verified.secretIds.includes(PLATFORM)) ids.push(...(await connectionsByOAuth(records, verified.delivery)));
    if (ids.length === 0) return { status: 200, code: 'unknown_account', message: MESSAGES.unknown_account };
    const codes = await together(verified.delivery.eventId, async (tx) => {
      const answers: WebhookAnswer['code'][] = [];
      for (const owner of await ownersOf(tx, ids, verified.delivery)) {
        answers.push(await store(tx, owner, verified.delivery, input.rawBody));
      }
      return answers;
    });
    // None: the connection was removed meanwhile; there is no ledger to keep it for.
    const code = codes.find((it) => it === 'stored') ?? codes.find((it) => it === 'quarantined') ?? 'duplicate';
    if (code === 'stored') wake?.();
    return { status: 200, code, message: MESSAGES[code] };
  }

  async function store(tx: Records, { connection, reason }: Owner, delivery: Delivery, rawBody: Uint8Array) {
    if (reason === null) await endWhenWithdrawn(tx, connection, delivery, now());
    const isNew = await tx.inbox.add({
      connection: connection.id,
      eventId: delivery.eventId,
      type: delivery.type,
      body: secrets.seal(Buffer.from(rawBody).toString('utf8'), bodyPlace(connection.id, delivery.eventId)),
      receivedAt: now(),
      ...(reason === null ? {} : { state: 'quarantined' as const, reason }),
    });
    // Also one that polling was faster with: it was delivered.
    if ((connection.lastEventAt ?? 0) < now() - LAST_EVENT_EVERY_MS) {
      await tx.connections.update(connection.id, { lastEventAt: now() });
    }
    await noteDelivery(tx, connection.id, delivery, isNew);
    if (!isNew) return 'duplicate' as const;
    return reason === null ? ('stored' as const) : ('quarantined' as const);
  }

  /** What this endpoint delivers is what it can miss (payments/heal.ts); noted now and then, for busy endpoints. */
  async function noteDelivery(tx: Records, connection: string, { type, eventId }: Delivery, isNew: boolean) {
    if (!isNew) await tx.inbox.delivered(connection, eventId);
    const key = `${connection} ${type}`;
    if ((notedAt.get(key) ?? 0) > now() - LAST_EVENT_EVERY_MS) return;
    if (notedAt.size > NOTED_MAX) notedAt.clear();
    notedAt.set(key, now());
    await tx.deliveries.seen(connection, type, now());
  }

  return { receiveWebhook };
}

const PLATFORM = 'platform';

const MESSAGES: Record<WebhookAnswer['code'], string> = {
  stored: 'stored',
  duplicate: 'stored before',
  quarantined: 'stored apart: it belongs to another mode or account than this connection',
  bad_signature: 'signature refused',
  unknown_site: 'unknown site',
  unknown_account: 'not stored: no site is connected to this account',
};

/** One secret that cannot be opened (another HEADWATER_SECRET) must not stop the webhooks of every other site. */
function opened(secrets: Secrets, id: string, connection: string, sealed: string): { id: string; secret: string }[] {
  try {
    return [{ id, secret: secrets.open(sealed, secretPlace(connection)) }];
  } catch {
    return [];
  }
}
