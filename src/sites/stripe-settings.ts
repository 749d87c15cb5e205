import { keyLinks } from '../payments/connect-key-link.ts';
import { webhookUrl } from '../payments/endpoints.ts';
import type { PermissionRule } from '../payments/provider.ts';
import type { Records } from '../storage/records/records.ts';

const DEAD_LETTERS_SHOWN = 50;

export interface StripeSettingsOptions {
  records: {
    connections: Pick<Records['connections'], 'ofSite' | 'secrets'>;
    inbox: Pick<Records['inbox'], 'counts' | 'deadLetters'>;
  };
  publicUrl: string;
  /** The event types a webhook endpoint should send. */
  webhookEvents: readonly string[];
  permissions?: readonly PermissionRule[];
  /** May accounts be connected by Stripe's own page? */
  oauth?: boolean;
  /** Why Stripe cannot deliver here; null when it can. */
  unreachable?: string | null;
}

const iso = (at: number) => new Date(at).toISOString();

/** The page *Settings > Revenue* in the shape of http/contract.ts. Holds no key and no secret, only what tells them apart. */
export function createStripeSettings(options: StripeSettingsOptions) {
  const { records, publicUrl, webhookEvents, permissions = [], oauth = false, unreachable = null } = options;
  return async ({ id }: { id: string }) => {
    const [connections, secrets, inbox, deadLetters] = await Promise.all([
      records.connections.ofSite(id),
      records.connections.secrets(id),
      records.inbox.counts(id),
      records.inbox.deadLetters(id, DEAD_LETTERS_SHOWN),
    ]);
    return {
      connections: connections.map((connection) => ({
        id: connection.id,
        account: connection.account,
        livemode: connection.mode === 'live',
        status: connection.status,
        status_reason: connection.statusReason,
        key_hint: connection.keyHint,
        granted_by: connection.grantedBy,
        permissions: connection.permissions?.answers ?? null,
        endpoint: connection.endpoint && {
          state: connection.endpoint.state,
          id: connection.endpoint.id,
          reason: connection.endpoint.reason,
        },
        webhook_secrets: secrets.filter((secret) => secret.connection === connection.id).length,
        created_at: iso(connection.createdAt),
        checked_at: connection.checkedAt === null ? null : iso(connection.checkedAt),
        last_event_at: connection.lastEventAt === null ? null : iso(connection.lastEventAt),
      })),
      permissions: [...permissions],
      key_links: keyLinks(permissions),
      oauth,
      webhook_unreachable: unreachable,
      webhook_url: webhookUrl(publicUrl, id),
      webhook_events: [...webhookEvents],
      inbox,
      dead_letters: deadLetters.map((row) => ({
        event_id: row.eventId,
        type: row.type,
        received_at: iso(row.receivedAt),
        error: row.lastError,
        replayable: row.body !== null,
      })),
    };
  };
}
