import { randomBytes } from 'node:crypto';
import { isWithin, plainHost } from '../core/acquisition-host.ts';
import { writeHandOver } from '../core/hand-over.ts';
import type { Sign } from '../core/keyed-text.ts';
import { HAND_OVER_SECONDS } from '../../sdk/src/protocol.ts';
import type { CollectRequest } from './collect.ts';
import { createSiteCache, type FindSite } from './site-cache.ts';
import { idOf, isRefused, parseBody } from './steps/batch.ts';
import { isAcceptedOrigin } from './steps/origin.ts';
import { identityOf, isPrivate } from './steps/privacy.ts';

const TO_CHARS_MAX = 2000;
export type HandOverResult =
  | { status: 200; handOver: string }
  | { status: 400 | 403 | 413 | 503; code: string; message: string; field?: string; retryAfterS?: number };

/**
 * Signs a hand-over for a visitor who is about to open another of the site's hosts. It says no more than that somebody who
 * knows this visitor's id asked for it, from a page of the site: as much as a hit says.
 */
export function createHandOverIssuer(deps: {
  findSite: FindSite;
  sign: Sign;
  now: () => number;
}): (request: Pick<CollectRequest, 'body' | 'headers'>) => Promise<HandOverResult> {
  const { sign, now } = deps;
  const findSite = createSiteCache(deps);
  return async ({ body, headers }) => {
    const wire = parseBody(body);
    if (isRefused(wire)) return wire;
    const visitor = idOf(wire.visitor) ?? '';
    if (typeof wire.site !== 'string' || wire.site === '') return bad('site', '"site" must be the id of a site');
    if (visitor === '') return bad('visitor', '"visitor" must be the id of the visitor who leaves');
    const found = await Promise.resolve(findSite(wire.site)).catch(() => 'unavailable' as const);
    if (found === 'unavailable') {
      return { status: 503, code: 'records_unavailable', message: 'sites cannot be looked up', retryAfterS: 30 };
    }
    if (found === null) return bad('site', 'no site has this id');
    const origin = typeof headers.origin === 'string' ? headers.origin.slice(0, 300) : '';
    if (!isAcceptedOrigin(origin, found.hosts)) {
      return { status: 403, code: 'origin', message: 'hand-overs are given to pages of the site only' };
    }
    const host = hostOf(wire.to);
    if (host === '' || !isWithin(host, found.hosts)) {
      return bad('to', '"to" must be a page on the domain of the site or on one of its listed hosts');
    }
    if (isPrivate(headers, found.rules) || found.rules.identity === 'daily') {
      return bad('visitor', 'visitors have no identity here: the site counts by the day, or the browser asked for it');
    }
    const claim = { site: found.id, rules: found.rules, visitor, session: '', address: '', userAgent: '', salt: '' };
    const from = identityOf({ ...claim, isPrivate: false, wantsSignature: false }, sign).visitor;
    const nonce = randomBytes(9).toString('base64url');
    const expiresAt = now() + HAND_OVER_SECONDS * 1000;
    return {
      status: 200,
      handOver: writeHandOver({ visitor: from, expiresAt, nonce }, { site: found.id, host }, sign),
    };
  };
}

function hostOf(to: unknown): string {
  if (typeof to !== 'string' || to.length > TO_CHARS_MAX) return '';
  const url = URL.parse(/^https?:\/\//i.test(to) ? to : `https://${to}`);
  return url === null || !/^https?:$/.test(url.protocol) ? '' : plainHost(url.hostname);
}

function bad(field: string, message: string): HandOverResult {
  return { status: 400, code: `invalid_${field}`, message, field };
}
