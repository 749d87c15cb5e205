import { each, nameOf } from './doctor-connections.ts';
import { count, listed } from './doctor-finding.ts';
import type { Check, Checks, Examined, ExaminedConnection, Finding } from './doctor-finding.ts';
import { deleteEndpoints, lookAtDeliveries, makeEndpoint, say, switchOn, updateTypes } from './doctor-remedies.ts';
import { isOurs, missingTypes } from './endpoints.ts';
import type { Endpoint } from './provider.ts';

const HOUR_MS = 3_600_000;
/** A webhook may be this late before it counts as missed (payments/heal.ts). */
const LATE_MS = 10 * 60_000;
const SILENT_MS = 7 * 24 * HOUR_MS;
const REFUSALS_SHOWN_MS = 7 * 24 * HOUR_MS;
/** The first version in which invoices no longer name their payment: before it objects say more than they do now. */
const CURRENT_SINCE = '2025-03-31';
/** An endpoint is refused a type that came after the version it is pinned to, and with it the whole list. */
const TYPES_SINCE: Record<string, string> = { 'invoice_payment.paid': '2025-05-28', 'invoice.overpaid': '2025-05-28' };

function knownTo({ apiVersion }: Endpoint, types: readonly string[]): string[] {
  return types.filter((type) => apiVersion === null || apiVersion >= (TYPES_SINCE[type] ?? ''));
}

/** Looks at the endpoints of each connection that send to this site. */
function endpoints(look: (at: Endpoint[], connection: ExaminedConnection, site: Examined) => Finding[]): Check {
  return (site) => {
    const seen = site.connections.filter((it) => it.endpoints?.ok);
    const refused = site.connections.find((it) => it.endpoints !== null && !it.endpoints.ok)?.endpoints;
    if (seen.length === 0) {
      const reason = refused && !refused.ok ? refused.reason : null;
      // Stripe names the permission to read them, which the one that Headwater asks for includes.
      const isMissing = reason === null || reason.includes('rak_webhook_read');
      return { skipped: isMissing ? 'the key has no rak_webhook_write' : reason };
    }
    return seen.flatMap((connection) => {
      return look(endpointsOf(connection, site), connection, site);
    });
  };
}

function endpointsOf({ endpoints: asked }: ExaminedConnection, { webhookUrls }: Examined): Endpoint[] {
  return listed(asked).filter(({ url }) => webhookUrls.includes(url.replace(/\/+$/, '')));
}

const byHand = ({ webhookUrl, webhookEvents, apiVersion }: Examined) =>
  makeEndpoint(webhookUrl, webhookEvents, apiVersion);

/** Where Stripe has an endpoint that is switched on, a second one would change nothing. */
function reachAgain(site: Examined, connection: ExaminedConnection) {
  const standing = endpointsOf(connection, site).find(({ enabled }) => enabled);
  return standing ? lookAtDeliveries(standing.id, site.webhookUrl) : byHand(site);
}

/** By the reasons that `verify` gives (stripe/webhook.ts). */
function signatureRemedy(reason: string): string {
  if (reason.includes('check the clock')) return 'Set the clock of this server by a time service (NTP).';
  if (/header|body is empty/.test(reason)) {
    return 'Stripe always signs what it sends. If these came from Stripe, a proxy in between drops the header or the body: let it pass both on unchanged. If they did not, nothing is to be done.';
  }
  return 'In Stripe, open the endpoint under Developers › Webhooks, reveal its signing secret (whsec_…) and paste it under Settings › Revenue. Every endpoint has its own; a proxy in between must pass the body on unchanged.';
}

const ENDPOINT_CHECKS: Checks = {
  webhook_missing: endpoints((at, connection, site) => {
    if (at.length > 0 || site.unreachable !== null) return [];
    const isFed = connection.lastEventAt !== null && connection.lastEventAt > site.now - SILENT_MS;
    return [
      {
        code: 'webhook_missing',
        severity: isFed ? 'note' : 'warning',
        title: `Stripe has no endpoint for this site in ${nameOf(connection)}`,
        detail: isFed
          ? 'Events arrive all the same: they are forwarded from elsewhere.'
          : `No endpoint sends to ${site.webhookUrl}. ${connection.endpoint?.reason ?? ''}`.trim(),
        objects: [],
        remedy: byHand(site),
      },
    ];
  }),

  webhook_disabled: endpoints((at) =>
    at
      .filter(({ enabled }) => !enabled)
      .map((endpoint) => ({
        code: 'webhook_disabled',
        severity: at.some(({ enabled }) => enabled) ? 'note' : 'error',
        title: `The endpoint ${endpoint.id} is switched off`,
        detail:
          'Stripe switches an endpoint off that has failed for days, and then sends it nothing, retries included.',
        objects: [endpoint.id],
        remedy: switchOn(endpoint.id),
      })),
  ),

  webhook_duplicated: endpoints((at, connection) => {
    const active = at.filter(({ enabled }) => enabled);
    if (active.length < 2) return [];
    const kept = active.find(({ id }) => id === connection.endpoint?.id) ?? active[0]!;
    const others = active.filter(({ id }) => id !== kept.id).map(({ id }) => id);
    return [
      {
        code: 'webhook_duplicated',
        severity: 'note',
        title: `${count(active.length, 'endpoint')} send to this site`,
        detail: 'Every event arrives several times. Money is counted once, but the account’s 16 endpoints fill up.',
        objects: active.map(({ id }) => id),
        remedy: deleteEndpoints(others),
      },
    ];
  }),

  webhook_elsewhere: endpoints((at, connection, { webhookUrl }) => {
    const old = listed(connection.endpoints).filter((it) => isOurs(it, connection) && !at.includes(it));
    if (old.length === 0) return [];
    const ids = old.map(({ id }) => id);
    return [
      {
        code: 'webhook_elsewhere',
        severity: 'note',
        title: `${count(old.length, 'endpoint')} of this site ${old.length === 1 ? 'sends' : 'send'} to another address`,
        detail: `Made by Headwater for ${[...new Set(old.map(({ url }) => url))].join(', ')}; this server is reached at ${webhookUrl}.`,
        objects: ids,
        remedy: deleteEndpoints(
          ids,
          'Where no server takes webhooks any more, delete the endpoint: Stripe goes on trying.',
        ),
      },
    ];
  }),

  webhook_missing_types: endpoints((at, _connection, { webhookEvents }) => {
    const active = at.filter(({ enabled }) => enabled);
    const lacks = (it: Endpoint, type: string) => missingTypes(it, [type]).length > 0;
    const couldSend = (type: string) => active.find((it) => knownTo(it, [type]).length > 0);
    const missing = webhookEvents.filter((type) => couldSend(type) && active.every((it) => lacks(it, type)));
    const first = missing[0] === undefined ? undefined : couldSend(missing[0]);
    if (!first) return [];
    const money = missing.some((type) => /^(charge|refund)\./.test(type));
    return [
      {
        code: 'webhook_missing_types',
        severity: money ? 'error' : 'warning',
        title: `The endpoint leaves out ${count(missing.length, 'event type')}`,
        detail: `Not sent: ${missing.join(', ')}.`,
        objects: [first.id],
        remedy: updateTypes(first.id, [...new Set([...first.events, ...knownTo(first, webhookEvents)])]),
      },
    ];
  }),

  webhook_delays_invoices: endpoints((at, _connection, { webhookEvents }) =>
    at
      .filter(({ enabled, events }) => enabled && events.some((type) => type === '*' || type === 'invoice.created'))
      .map((endpoint) => ({
        code: 'webhook_delays_invoices',
        severity: 'note',
        title: `The endpoint ${endpoint.id} takes invoice.created`,
        detail:
          'Stripe waits with an invoice until every endpoint has taken its invoice.created: if this server is down, billing is late.',
        objects: [endpoint.id],
        remedy: updateTypes(endpoint.id, knownTo(endpoint, webhookEvents)),
      })),
  ),

  webhook_old_version: endpoints((at, _connection, { apiVersion }) =>
    at
      .filter(({ enabled, apiVersion: version }) => enabled && version !== null && version < CURRENT_SINCE)
      .map((endpoint) => ({
        code: 'webhook_old_version',
        severity: 'note',
        title: `The endpoint ${endpoint.id} sends API version ${endpoint.apiVersion}`,
        detail: 'Headwater reads it. An endpoint’s version cannot be changed: a newer one needs a new endpoint.',
        objects: [endpoint.id],
        remedy: say(`Make a new endpoint with version ${apiVersion}, store its secret, then delete this one.`),
      })),
  ),
};

/** A key alone is a way to work: then there is nothing to find, and nothing in order either. */
const hasDelivered = ({ connections }: Examined) =>
  connections.length === 0 || connections.some((it) => it.lastEventAt !== null);
const NONE_YET = 'no webhook has arrived yet; where a key is stored, Stripe is asked for events meanwhile';

export const WEBHOOK_CHECKS: Checks = {
  webhook_unreachable(site) {
    if (site.unreachable === null || site.connections.some((it) => it.lastEventAt !== null)) return [];
    return [
      {
        code: 'webhook_unreachable',
        severity: 'note',
        title: 'Stripe cannot deliver webhooks to this address',
        detail: `${site.unreachable}. Until it can, payments are read from Stripe as far as the key allows, and show later.`,
        objects: [],
        remedy: say(
          'Set HEADWATER_URL to the public https address. On a developer’s machine, forward events with the Stripe CLI and paste the whsec_… it prints under Settings › Revenue:',
          `stripe listen --forward-to ${site.webhookUrl}`,
        ),
      },
    ];
  },

  webhook_never_delivered: (site) => {
    const silent = each(
      site,
      (it) => {
        if (it.lastEventAt !== null || it.createdAt > site.now - HOUR_MS || it.secrets === 0) return null;
        // With a key it is known whether there was anything to tell: a shop may not sell for days.
        const isSold = site.payments.some(
          ({ connection, occurredAt: at }) => connection === it.id && at > it.createdAt && at < site.now - LATE_MS,
        );
        if (it.sealedKey !== null && !isSold) return null;
        return {
          severity: 'warning',
          title: `No webhook of ${nameOf(it)} has arrived`,
          detail: `A secret is stored since ${new Date(it.createdAt).toISOString().slice(0, 10)}, and no event came to ${site.webhookUrl}.`,
          remedy: reachAgain(site, it),
        };
      },
      'webhook_never_delivered',
    );
    return silent.length > 0 || hasDelivered(site) ? silent : { skipped: NONE_YET };
  },

  webhook_silent: (site) => {
    if (!hasDelivered(site)) return { skipped: NONE_YET };
    return each(
      site,
      (it) => {
        // Of this one: a shop's other account may sell every day.
        const newest = site.payments.find(({ connection }) => connection === it.id)?.occurredAt ?? 0;
        const last = it.lastEventAt ?? Infinity;
        const isSilent = last < site.now - SILENT_MS && newest >= last + HOUR_MS;
        // Polling asks for each of them: it knows sooner.
        const isMissed = it.missed !== null && it.missed.toAt > last;
        if (it.mode !== site.mode || !(isSilent || isMissed)) return null;
        return {
          severity: 'error',
          title: `Webhooks of ${nameOf(it)} have stopped`,
          detail: `The last one came on ${new Date(last).toISOString().slice(0, 10)}, and ${isMissed ? 'what happened since had to be fetched' : 'payments were made since'}.`,
          remedy: reachAgain(site, it),
        };
      },
      'webhook_silent',
    );
  },

  webhook_secret_mismatch({ refusals, connections, now }) {
    if (refusals === null || refusals.lastAt < now - REFUSALS_SHOWN_MS) return [];
    const lastGood = Math.max(0, ...connections.map((it) => it.lastEventAt ?? 0));
    // A secret that was stored since is the remedy; Stripe may repeat soon after it what was refused, and then fall silent.
    const secretAt = Math.max(0, ...connections.map((it) => it.secretAt));
    const isMended = lastGood > refusals.lastAt + (secretAt > refusals.lastAt ? 0 : 60_000);
    return [
      {
        code: 'webhook_secret_mismatch',
        severity: isMended ? 'note' : 'error',
        title: `${count(refusals.count, 'webhook was', 'webhooks were')} refused for the signature`,
        detail:
          `The last on ${new Date(refusals.lastAt).toISOString().slice(0, 16).replace('T', ' ')} UTC: ${refusals.lastReason}. ${isMended ? 'Others were accepted since.' : ''}`.trim(),
        objects: [],
        remedy: say(signatureRemedy(refusals.lastReason)),
      },
    ];
  },

  ...ENDPOINT_CHECKS,
};
