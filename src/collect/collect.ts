import type { Event } from '../core/event.ts';
import type { Sign } from '../core/keyed-text.ts';
import { createAgentReader } from './agent.ts';
import { type CollectCounters, countUp, createCollectCounters } from './counters.ts';
import type { DaySalts } from './day-salt.ts';
import type { Locate } from './locate.ts';
import { createSiteCache, type FindSite, type SiteContext } from './site-cache.ts';
import { type Spool, SpoolFull } from './spool.ts';
import { NO_LISTS, type TrafficLists } from './traffic-lists.ts';
import { visitorCookie } from './visitor-cookie.ts';
import { createAcquisition } from './steps/acquisition.ts';
import { type Batch, BATCH_LIMITS, isObject, isRefused, readBatch } from './steps/batch.ts';
import { bots } from './steps/bots.ts';
import { contacts } from './steps/contacts.ts';
import { decode } from './steps/decode.ts';
import { device } from './steps/device.ts';
import { excludedCountries, exclusions } from './steps/exclusions.ts';
import { createHandOverTaker } from './steps/hand-over.ts';
import { type Drop, type Hit, isDrop, malformed, newHit, type Sender, type Step } from './steps/hit.ts';
import { limits } from './steps/limits.ts';
import { location } from './steps/location.ts';
import { isAcceptedOrigin, origin } from './steps/origin.ts';
import { identityOf, isPrivate, privacy } from './steps/privacy.ts';

export interface CollectRequest {
  /** As received (bytes or text), or already parsed. */
  body: Uint8Array | string | unknown;
  /** Header names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Client address after trusted proxies. Never stored. */
  address: string;
  /** Host the browser asked, as trusted proxies tell it; '' or absent: not known. */
  host?: string;
  /** Site of the server key that came with the request; null: none. */
  keySite: string | null;
}

export type CollectResult =
  | {
      status: 202;
      accepted: number;
      dropped: Record<string, number>;
      /** The signed id the hits were kept under, when it is not the one that was sent. */
      visitor?: string;
      /** A whole Set-Cookie value. */
      setCookie?: string;
    }
  | { status: 400 | 413 | 503; code: string; message: string; field?: string; retryAfterS?: number };

export interface CollectOptions {
  findSite: FindSite;
  spool: Pick<Spool, 'append'>;
  locate: Locate;
  now: () => number;
  /** Keyed hash of a lower-cased e-mail address. */
  hashEmail: (email: string) => string;
  sign: Sign;
  salts: Pick<DaySalts, 'today'>;
  lists?: TrafficLists;
  /** Header of a trusted proxy that carries a two-letter country; null: none. */
  countryHeader?: string | null;
  counters?: CollectCounters;
  /** Called after each commit that made work for the drainer. */
  onSpooled?: () => void;
}

const RETRY_AFTER_S = 30;
const SKEW_STEP_MS = 10_000;

/** The steps of one hit, in order. Each takes a hit and gives it back, or says why it is not kept. */
function createLine(options: CollectOptions & { counters: CollectCounters }) {
  const { locate, hashEmail, lists = NO_LISTS, sign, now, counters } = options;
  const readAgent = createAgentReader();
  const agent: Step = (hit) => {
    hit.agent = readAgent(hit.userAgent, hit.sender.trusted ? null : hit.sender.hints);
    return hit;
  };
  const steps: readonly Step[] = [
    origin,
    limits,
    decode,
    exclusions,
    privacy,
    agent,
    createAcquisition(), // and its channel
    (hit) => bots(hit, lists),
    (hit) => location(hit, locate),
    excludedCountries,
    device,
    (hit) => contacts(hit, hashEmail),
    createHandOverTaker({ sign, now, onTaken: (result) => countUp(counters.handOvers, result) }),
  ];

  function run(sender: Sender, wire: unknown): Hit | Drop {
    if (!isObject(wire)) return malformed('events', 'an event must be an object');
    let hit = newHit(sender, wire);
    for (const step of steps) {
      const result = step(hit);
      if (isDrop(result)) return result;
      hit = result;
    }
    return hit;
  }

  /** Runs a batch; `bad` is the first hit that its sender got wrong. */
  return (sender: Sender, wires: readonly unknown[]) => {
    const events: Event[] = [];
    const dropped: Record<string, number> = {};
    let bad: Drop | null = null;
    for (const wire of wires) {
      const result = run(sender, wire);
      if (!isDrop(result)) {
        events.push(result.event);
        continue;
      }
      dropped[result.drop] = (dropped[result.drop] ?? 0) + 1;
      if (result.drop === 'malformed' || result.drop === 'too_large') bad ??= result;
    }
    return { events, dropped, bad };
  };
}

/**
 * A hit arrives: the steps, in order, each `hit → hit | drop(reason)`; then the spool; then the answer. Nothing is
 * acknowledged before it is committed.
 */
export function createCollect(options: CollectOptions): (request: CollectRequest) => Promise<CollectResult> {
  const { spool, now, sign, salts, onSpooled } = options;
  const countryHeader = options.countryHeader?.toLowerCase() ?? '';
  const counters = options.counters ?? createCollectCounters();
  const findSite = createSiteCache({ findSite: options.findSite, now });
  const sort = createLine({ ...options, counters });

  async function siteOf(keySite: string | null, batch: Batch): Promise<SiteContext | CollectResult> {
    if (keySite !== null && batch.site !== null && batch.site !== keySite) return WRONG_SITE;
    const id = keySite ?? batch.site;
    if (id === null) return NO_SITE;
    try {
      return (await findSite(id)) ?? UNKNOWN_SITE;
    } catch {
      return unavailable('records_unavailable', 'sites cannot be looked up at the moment');
    }
  }

  /** '' where none is needed. */
  async function saltOf({ keySite }: CollectRequest, site: SiteContext): Promise<string | CollectResult> {
    if (keySite !== null || site.rules.identity !== 'daily') return '';
    try {
      return await salts.today();
    } catch {
      return unavailable('records_unavailable', "the day's salt cannot be read at the moment");
    }
  }

  async function collect(request: CollectRequest): Promise<CollectResult> {
    const batch = readBatch(request.body, request.keySite !== null);
    if (isRefused(batch)) return batch;
    const site = await siteOf(request.keySite, batch);
    if ('status' in site) return site;

    const salt = await saltOf(request, site);
    if (typeof salt !== 'string') return salt;
    const sender = senderOf(request, batch, { site, receivedAt: now(), countryHeader, salt, sign });
    const { events, dropped, bad } = sort(sender, batch.events);
    // One bad hit never sinks its neighbours; a request of nothing but bad ones is told what is wrong with the first.
    if (bad && (dropped.malformed ?? 0) + (dropped.too_large ?? 0) === batch.events.length) return refusal(bad);
    if (events.length > 0) {
      try {
        await spool.append(events);
      } catch (error) {
        const full = error instanceof SpoolFull;
        return unavailable(full ? 'spool_full' : 'spool_unavailable', 'hits cannot be stored at the moment');
      }
      onSpooled?.();
    }
    for (const reason in dropped) countUp(counters.dropped, reason, dropped[reason]);
    for (const { bot } of events) if (bot !== '') countUp(counters.bots, bot);
    counters.accepted += events.length;
    const answer = { status: 202 as const, accepted: events.length, dropped };
    return events.length > 0 && !sender.trusted ? { ...answer, ...ownedBy(sender, batch, request) } : answer;
  }

  return async (request) => {
    const result = await collect(request);
    if (result.status !== 202) countUp(counters.refused, result.code);
    return result;
  };
}

const NO_SITE: CollectResult = {
  status: 400,
  code: 'invalid_site',
  message: '"site" is missing; send the id of the site, as in data-site of the script tag',
  field: 'site',
};
const UNKNOWN_SITE: CollectResult = {
  status: 400,
  code: 'unknown_site',
  message:
    'no site has this id; compare "site" with the id in the snippet under Settings, or list ids with "site list"',
  field: 'site',
};
const WRONG_SITE: CollectResult = {
  status: 400,
  code: 'wrong_site',
  message: 'the server key belongs to another site than "site" names; leave "site" out or use a key of that site',
  field: 'site',
};

function refusal({ drop, field, message = 'the event is malformed' }: Drop): CollectResult {
  return drop === 'too_large'
    ? { status: 413, code: 'too_large', message, field }
    : { status: 400, code: 'invalid_event', message, field };
}

function unavailable(code: string, what: string): CollectResult {
  const message = `${what}; nothing was kept, send the same events again after ${RETRY_AFTER_S} s`;
  return { status: 503, code, message, retryAfterS: RETRY_AFTER_S };
}

/** What the answer tells a browser about who it is. */
function ownedBy({ visitor, site }: Sender, sent: Batch, { headers, host = '' }: CollectRequest) {
  if (visitor === '' || site.rules.identity !== 'cookie') return {};
  const setCookie = site.rules.serverCookie ? visitorCookie(visitor, host, { headers, siteHosts: site.hosts }) : null;
  return { ...(visitor === sent.visitor ? {} : { visitor }), ...(setCookie === null ? {} : { setCookie }) };
}

interface Reception {
  site: SiteContext;
  receivedAt: number;
  countryHeader: string;
  salt: string;
  sign: Sign;
}

function senderOf(
  { headers, body, address, keySite }: CollectRequest,
  batch: Batch,
  { site, receivedAt, countryHeader, salt, sign }: Reception,
): Sender {
  const header = (name: string, maxChars: number) => {
    const value = headers[name];
    const text = Array.isArray(value) ? value[0] : value;
    return text === undefined ? '' : text.slice(0, maxChars);
  };
  const userAgent = header('user-agent', 1000);
  const asksPrivacy = keySite === null && (batch.withoutConsent || isPrivate(headers, site.rules));
  const { visitor, session, sign: wantsSignature } = batch;
  const claim = { site: site.id, rules: site.rules, visitor, session, address, userAgent, salt };
  const identity =
    keySite === null ? identityOf({ ...claim, isPrivate: asksPrivacy, wantsSignature }, sign) : { visitor, session };
  return {
    site,
    trusted: keySite !== null,
    originAccepted: keySite !== null || isAcceptedOrigin(header('origin', 300), site.hosts),
    receivedAt,
    skewMs: batch.sent === null ? 0 : skewOf(receivedAt - batch.sent),
    ...identity,
    timezone: batch.timezone,
    webdriver: batch.webdriver,
    isPrivate: asksPrivacy,
    address,
    userAgent,
    hints: {
      brands: header('sec-ch-ua', 300),
      mobile: header('sec-ch-ua-mobile', 10),
      platform: header('sec-ch-ua-platform', 60),
    },
    acceptLanguage: header('accept-language', 100),
    proxyCountry: countryHeader === '' ? '' : header(countryHeader, 10),
    measureEvents: !(typeof body === 'string' || body instanceof Uint8Array) || body.length > BATCH_LIMITS.eventBytes,
  };
}

/**
 * Clocks are wrong by minutes or hours; seconds may as well be the request's way here. That differs from request to request,
 * and corrected by it a visit's second page would come before its first, which knows where the visitor came from.
 */
function skewOf(differenceMs: number): number {
  return Math.round(differenceMs / SKEW_STEP_MS) * SKEW_STEP_MS;
}
