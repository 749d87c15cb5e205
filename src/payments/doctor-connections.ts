import { count, firstOf } from './doctor-finding.ts';
import type { Checks, Examined, ExaminedConnection, Finding } from './doctor-finding.ts';
import { newKey, say } from './doctor-remedies.ts';

export const nameOf = ({ account, id, mode }: ExaminedConnection) => `${account ?? `connection ${id}`} (${mode})`;

/** Known from before, or from what this check-up asked: a key may have been revoked a minute ago. */
function refusalOf({ status, statusReason, endpoints, checkouts, charges }: ExaminedConnection): string | null {
  if (status === 'refused') return statusReason ?? 'nothing';
  const refused = [endpoints, checkouts, charges].find((it) => it !== null && !it.ok && it.why === 'refused');
  return refused && !refused.ok ? refused.reason : null;
}

/** Findings of every connection that `look` has something to say about. */
export function each(
  { connections }: Examined,
  look: (connection: ExaminedConnection) => Omit<Finding, 'objects' | 'code'> | null,
  code: Finding['code'],
): Finding[] {
  return connections.flatMap((connection) => {
    const found = look(connection);
    return found ? [{ code, ...found, objects: connection.account === null ? [] : [connection.account] }] : [];
  });
}

export const CONNECTION_CHECKS: Checks = {
  connection_missing({ connections, keyLink }) {
    if (connections.length > 0) return [];
    return [
      {
        code: 'connection_missing',
        severity: 'error',
        title: 'No Stripe account is connected',
        detail: 'Without one no revenue is known.',
        objects: [],
        remedy: newKey(keyLink),
      },
    ];
  },

  connection_refused: (site) =>
    each(
      site,
      (it) => {
        const reason = refusalOf(it);
        if (reason === null) return null;
        return {
          severity: 'error',
          title: `Stripe refuses the key of ${nameOf(it)}`,
          detail: `Webhooks are still booked; what they leave out cannot be looked up. Stripe says: ${reason}`,
          remedy: newKey(site.keyLink),
        };
      },
      'connection_refused',
    ),

  connection_unverified: (site) =>
    each(
      site,
      (it) =>
        it.status !== 'unverified'
          ? null
          : {
              severity: it.sealedKey === null ? 'note' : 'warning',
              title: `${nameOf(it)} has no confirmed key`,
              detail: it.statusReason ?? 'Stripe has not confirmed the key yet.',
              remedy:
                it.sealedKey === null
                  ? newKey(site.keyLink)
                  : say(
                      'Nothing to do if Stripe was down: the key is checked again every minute. Otherwise check that this server may reach api.stripe.com.',
                    ),
            },
      'connection_unverified',
    ),

  key_permissions(site) {
    const asked = site.connections.filter((it) => it.permissions !== null);
    if (asked.length === 0) return { skipped: 'no key has been confirmed yet' };
    return each(
      { ...site, connections: asked },
      (it) => {
        const missing = site.rules.filter(({ name }) => it.permissions?.answers[name] === 'missing');
        if (missing.length === 0) return null;
        const needed = missing.some(({ access }) => access === 'read');
        return {
          severity: needed ? 'warning' : 'note',
          title: `The key of ${nameOf(it)} lacks ${count(missing.length, 'permission')}`,
          detail: missing.map(({ label, name, without }) => `${label} (${name}): ${without}`).join('\n'),
          remedy: newKey(site.keyLink),
        };
      },
      'key_permissions',
    );
  },

  clock_differs({ connections }) {
    const ahead = connections.flatMap(({ aheadMs }) => aheadMs ?? []).sort((a, b) => Math.abs(b) - Math.abs(a))[0];
    if (ahead === undefined) return { skipped: 'Stripe was not asked, or did not answer' };
    if (Math.abs(ahead) < CLOCK_MS) return [];
    const isRefusing = Math.abs(ahead) >= SIGNED_WITHIN_MS;
    return [
      {
        code: 'clock_differs',
        severity: isRefusing ? 'error' : 'warning',
        title: `The clock of this server is ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} Stripe’s`,
        detail: `Visits are dated by this server and payments by Stripe, so ${ahead > 0 ? 'a visit shortly before a payment seems to come after it, and the payment stays unattributed' : 'a visit shortly after a payment seems to come before it'}.${isRefusing ? ' Webhooks are refused: their signatures hold for 5 minutes.' : ''}`,
        objects: [],
        remedy: say(
          'Let the server keep its time by a time service (NTP). A container has the clock of the machine it runs on: mend it there. What Stripe sent meanwhile comes again by itself, or is fetched where the key may read events.',
          'sudo timedatectl set-ntp true\ntimedatectl # “System clock synchronized: yes”',
        ),
      },
    ];
  },

  webhook_dead_letters({ inbox, site }) {
    if (inbox.counts.dead === 0) return [];
    const reasons = [...new Set(inbox.dead.map((row) => row.lastError ?? 'no reason was recorded'))].slice(0, 3);
    return [
      {
        code: 'webhook_dead_letters',
        severity: 'error',
        title: `${count(inbox.counts.dead, 'event')} could not be processed`,
        detail: `They are kept as dead letters. Reason: ${reasons.join('\nReason: ')}`,
        objects: firstOf(inbox.dead.map((row) => row.eventId)),
        remedy: {
          text: 'Mend what the reason names, then process the events again, here or under Settings › Revenue. If it names nothing you can mend, report it with the event’s type.',
          code: `npm run headwater -- stripe replay --site ${site.id}`,
        },
      },
    ];
  },

  webhook_quarantined({ inbox, connections }) {
    if (inbox.counts.quarantined === 0) return [];
    const reasons = [...new Set(inbox.quarantined.map((row) => row.lastError ?? 'no reason was recorded'))].slice(0, 3);
    return [
      {
        code: 'webhook_quarantined',
        severity: connections.length > 0 ? 'warning' : 'note',
        title: `${count(inbox.counts.quarantined, 'event of another account or mode was', 'events of another account or mode were')} set aside`,
        detail: reasons.join('\n'),
        objects: firstOf(inbox.quarantined.map((row) => row.eventId)),
        remedy: say(
          'Connect the account or mode they belong to with a key of its own, or take this address out of the endpoint that sends them.',
        ),
      },
    ];
  },

  webhook_pending({ inbox, now }) {
    const { oldest } = inbox;
    if (!oldest || oldest.receivedAt > now - PENDING_MS) return [];
    const minutes = Math.round((now - oldest.receivedAt) / 60_000);
    return [
      {
        code: 'webhook_pending',
        severity: 'error',
        title: `${count(inbox.counts.pending, 'event')} wait to be processed`,
        detail:
          `The oldest came ${count(minutes, 'minute')} ago and was tried ${count(oldest.attempts, 'time')}. ${oldest.lastError ?? ''}`.trim(),
        objects: [oldest.eventId],
        remedy: say(
          'They are tried again by themselves. If the reason is not an outage of Stripe, see the server’s log.',
        ),
      },
    ];
  },
};

const PENDING_MS = 5 * 60_000;
/** An answer says the second, and may take its time. */
const CLOCK_MS = 60_000;
/** As Stripe's own package has it (stripe/webhook.ts). */
const SIGNED_WITHIN_MS = 300_000;

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? count(minutes, 'minute') : count(Math.round(minutes / 60), 'hour');
}
