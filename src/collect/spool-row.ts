import type { Event } from '../core/event.ts';

/**
 * How events stand in a row of the spool: field names once, then one list of values per event. Half the size of objects,
 * and a row written by another version still says what its values are.
 */
const FIELDS = [
  'site', 'id', 'visitor', 'session', 'name', 'occurredAt', 'receivedAt', 'hostname', 'path', 'url', 'title', 'props',
  'bot', 'source', 'medium', 'campaign', 'term', 'content', 'clickId', 'clickIdKind', 'referrerHost', 'referrer',
  'channel', 'browser', 'os', 'device', 'language', 'country', 'region', 'city', 'locationApproximate',
] as const satisfies readonly (keyof Event)[]; // prettier-ignore

/** Does not compile while a field of Event is missing above: it would be lost on the way. */
type Unlisted = Exclude<keyof Event, (typeof FIELDS)[number]>;
type Listed<T extends (Unlisted extends never ? Event : never)> = T;

const HEAD = `{"fields":${JSON.stringify(FIELDS)},"events":[`;
const TAIL = ']}';
/** What a field holds that a row of an older version does not know. */
const BLANK = { props: {}, locationApproximate: false, occurredAt: 0, receivedAt: 0 };

/** One event, to be joined by commas. */
export function eventText(e: Listed<Event>): string {
  return JSON.stringify([
    e.site, e.id, e.visitor, e.session, e.name, e.occurredAt, e.receivedAt, e.hostname, e.path, e.url, e.title, e.props,
    e.bot, e.source, e.medium, e.campaign, e.term, e.content, e.clickId, e.clickIdKind, e.referrerHost, e.referrer,
    e.channel, e.browser, e.os, e.device, e.language, e.country, e.region, e.city, e.locationApproximate,
  ]); // prettier-ignore
}

export function rowText(eventTexts: readonly string[]): string {
  return HEAD + eventTexts.join(',') + TAIL;
}

/** The events of a row; null when it cannot be read. */
export function readRowText(text: string): Event[] | null {
  try {
    const { fields, events } = JSON.parse(text) as { fields: string[]; events: unknown[][] };
    return events.map(text.startsWith(HEAD) ? ownEvent : (values) => eventOf(fields, values));
  } catch {
    return null;
  }
}

/** Of a row of this version, as all are but for the first minutes after an update. */
function ownEvent(values: unknown[]): Event {
  const [
    site, id, visitor, session, name, occurredAt, receivedAt, hostname, path, url, title, props,
    bot, source, medium, campaign, term, content, clickId, clickIdKind, referrerHost, referrer,
    channel, browser, os, device, language, country, region, city, locationApproximate,
  ] = values; // prettier-ignore
  return {
    site, id, visitor, session, name, occurredAt, receivedAt, hostname, path, url, title, props,
    bot, source, medium, campaign, term, content, clickId, clickIdKind, referrerHost, referrer,
    channel, browser, os, device, language, country, region, city, locationApproximate,
  } as Event; // prettier-ignore
}

function eventOf(fields: readonly string[], values: readonly unknown[]): Event {
  const event: Record<string, unknown> = {};
  for (const field of FIELDS) event[field] = BLANK[field as keyof typeof BLANK] ?? '';
  fields.forEach((field, index) => {
    event[field] = values[index];
  });
  return event as unknown as Event;
}
