/** The request's body, read and bounded; what is wrong with the request as a whole is a 400 or a 413. */

export const BATCH_LIMITS = {
  bodyBytes: 1024 * 1024,
  eventBytes: 64 * 1024,
  events: 100,
  eventsWithKey: 1000,
} as const;

export interface Refused {
  status: 400 | 413;
  code: string;
  message: string;
  field?: string;
}

export interface Batch {
  site: string | null;
  visitor: string;
  session: string;
  sent: number | null;
  timezone: string;
  webdriver: boolean;
  /** Asks for a signed visitor id. */
  sign: boolean;
  /** Says that the visitor has not consented. */
  withoutConsent: boolean;
  events: unknown[];
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const SITE_ID = /^[A-Za-z0-9_-]{1,100}$/;
/** Written by code that had no id; joining on them would make one person of everybody. */
const PLACEHOLDERS = new Set(['null', 'undefined', 'none', 'nan', 'guest', 'anonymous']);

export function isRefused<T extends object>(result: T | Refused): result is Refused {
  return 'status' in result;
}

/** '' for an absent id or a placeholder; null for one that cannot be an id. */
export function idOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value !== 'string' || !ID.test(value)) return null;
  return PLACEHOLDERS.has(value.toLowerCase()) ? '' : value;
}

function bad(code: string, message: string, field?: string): Refused {
  return { status: 400, code, message, field };
}

const ID_RULE = 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-", or be left out';

export function readBatch(body: unknown, withKey: boolean): Batch | Refused {
  const wire = parseBody(body);
  if (isRefused(wire)) return wire;
  const { site, events, sent, tz } = wire;
  if (site !== undefined && site !== null && (typeof site !== 'string' || !SITE_ID.test(site))) {
    return bad('invalid_site', '"site" must be the id of a site, as in data-site of the script tag', 'site');
  }
  const visitor = idOf(wire.visitor);
  if (visitor === null) return bad('invalid_visitor', `"visitor" ${ID_RULE}`, 'visitor');
  const session = idOf(wire.session);
  if (session === null) return bad('invalid_session', `"session" ${ID_RULE}`, 'session');
  if (sent !== undefined && sent !== null && !isTime(sent)) {
    return bad('invalid_sent', '"sent" must be the time of sending in epoch milliseconds, or be left out', 'sent');
  }
  if (!Array.isArray(events) || events.length === 0) {
    return bad('invalid_events', '"events" must be a list with at least one event', 'events');
  }
  const eventsMax = withKey ? BATCH_LIMITS.eventsWithKey : BATCH_LIMITS.events;
  if (events.length > eventsMax) {
    const remedy = withKey ? '' : `, or up to ${BATCH_LIMITS.eventsWithKey} with a server key`;
    return bad(
      'too_many_events',
      `"events" has ${events.length}; send at most ${eventsMax} at once${remedy}`,
      'events',
    );
  }
  return {
    site: typeof site === 'string' ? site : null,
    visitor,
    session,
    sent: typeof sent === 'number' ? sent : null,
    timezone: typeof tz === 'string' && tz.length <= 64 ? tz : '',
    webdriver: wire.webdriver === true,
    sign: wire.sign === true,
    // Only that: the pixel sends its tag's attributes along, and one of them is called consent too.
    withoutConsent: wire.consent === false,
    events,
  };
}

/** A point in time the facts store can hold: 1970 to 2199. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 7_258_118_400_000;
}

export function parseBody(body: unknown): Record<string, unknown> | Refused {
  let value: unknown = body;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    if (body.length > BATCH_LIMITS.bodyBytes) {
      return { status: 413, code: 'too_large', message: 'the body is larger than 1 MB; send fewer events at once' };
    }
    try {
      value = JSON.parse(typeof body === 'string' ? body : decode(body));
    } catch {
      return bad('invalid_json', 'the body is not JSON; send {"site":…,"events":[…]}');
    }
  }
  if (!isObject(value)) return bad('invalid_json', 'the body must be a JSON object; send {"site":…,"events":[…]}');
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Replaces what is not UTF-8 and drops a byte order mark. */
function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
