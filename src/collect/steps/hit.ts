import type { Event } from '../../core/event.ts';
import type { PageUrl } from '../../core/acquisition-url.ts';
import { type Agent, type ClientHints, NO_AGENT } from '../agent.ts';
import type { SiteContext } from '../site-cache.ts';

/** Why a hit was not kept. Closed list: these are the values of `X-Headwater-Dropped` and of a metric's label. */
export const DROP_REASONS = ['malformed', 'too_large', 'origin', 'excluded', 'private'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface Drop {
  drop: DropReason;
  /** Names the field and the remedy when the sender can do something about it. */
  field?: string;
  message?: string;
}

/** What came with the request and is the same for all of its hits. Address and user agent end here: they are not stored. */
export interface Sender {
  site: SiteContext;
  /** True when the request carried a server key of the site. */
  trusted: boolean;
  /** Whether the page that sent it may send hits of this site. */
  originAccepted: boolean;
  receivedAt: number;
  /** `receivedAt` minus the sender's clock when it sent, without what may be the way; 0 when it did not say. */
  skewMs: number;
  visitor: string;
  session: string;
  timezone: string;
  webdriver: boolean;
  /** The visitor has not consented, or the browser asked not to be known and the site honours it. */
  isPrivate: boolean;
  address: string;
  userAgent: string;
  hints: ClientHints;
  acceptLanguage: string;
  /** Two-letter country of a trusted proxy, or ''. */
  proxyCountry: string;
  /** Sizes of single hits are only worth counting when the whole body is larger than one hit may be. */
  measureEvents: boolean;
}

/** A hit on its way to an event: the wire's own fields, and the event as far as the steps before have filled it. */
export interface Hit {
  sender: Sender;
  wire: Readonly<Record<string, unknown>>;
  event: Event;
  page: PageUrl | null;
  /** As received, uncut; only the acquisition step reads it. */
  referrer: string;
  address: string;
  userAgent: string;
  agent: Agent;
}

export type Step = (hit: Hit) => Hit | Drop;

export function isDrop(result: Hit | Drop): result is Drop {
  return 'drop' in result;
}

export function malformed(field: string, message: string): Drop {
  return { drop: 'malformed', field, message };
}

export function newHit(sender: Sender, wire: Readonly<Record<string, unknown>>): Hit {
  return {
    sender,
    wire,
    event: emptyEvent(sender),
    page: null,
    referrer: '',
    address: '',
    userAgent: '',
    agent: NO_AGENT,
  };
}

/** All fields from the start and in one order: rows of the spool then look alike, and so do objects to the engine. */
function emptyEvent(sender: Sender): Event {
  return {
    site: sender.site.id,
    id: '',
    visitor: sender.visitor,
    session: sender.session,
    name: '',
    occurredAt: sender.receivedAt,
    receivedAt: sender.receivedAt,
    hostname: '',
    path: '',
    url: '',
    title: '',
    props: {},
    bot: '',
    source: '',
    medium: '',
    campaign: '',
    term: '',
    content: '',
    clickId: '',
    clickIdKind: '',
    referrerHost: '',
    referrer: '',
    channel: '',
    browser: '',
    os: '',
    device: '',
    language: '',
    country: '',
    region: '',
    city: '',
    locationApproximate: false,
  };
}
