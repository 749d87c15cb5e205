import { isIP } from 'node:net';
import { wellFormed } from '../../core/acquisition-url.ts';
import { idOf, isTime } from './batch.ts';
import { type Drop, type Hit, malformed } from './hit.ts';
import { readProps } from './props.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const CONTROL = /[\u0000-\u001f\u007f]+/g;

const NAME_CHARS = 100;
const TITLE_CHARS = 500;
const URL_CHARS = 16_384;
const USER_AGENT_CHARS = 1000;
/** How far back a browser may date a hit: the pixel keeps hits through an outage, nobody else has a reason to. */
const LATE_MAX_MS = 72 * 3600 * 1000;

/** Reads the wire's fields into the event. Each check names its field: bad input is refused with a reason. */
export function decode(hit: Hit): Hit | Drop {
  const { wire, event } = hit;
  const { id, name } = wire;
  if (typeof id !== 'string' || !UUID.test(id)) return malformed('id', '"id" must be a UUID, made anew for each event');
  event.id = id.toLowerCase();
  const plainName = typeof name === 'string' ? oneLine(name, NAME_CHARS + 1) : '';
  if (plainName === '' || plainName.length > NAME_CHARS) {
    return malformed('name', `"name" must be "pageview" or a name of 1 to ${NAME_CHARS} characters`);
  }
  event.name = plainName;
  return readWhen(hit) ?? readWho(hit) ?? readPage(hit) ?? readProps(wire.props, event) ?? hit;
}

function readWhen({ wire, event, sender }: Hit): Drop | null {
  const { at } = wire;
  if (at === undefined || at === null) return null;
  if (!isTime(at)) return malformed('at', '"at" must be epoch milliseconds, or be left out');
  event.occurredAt = occurredAt(at + sender.skewMs, sender.receivedAt, sender.trusted);
  return null;
}

/** A time that cannot be true counts as the time of arrival: after it, or (without a key) more than 72 hours before. */
function occurredAt(claimed: number, receivedAt: number, trusted: boolean): number {
  const at = Math.floor(claimed);
  if (at > receivedAt || at < 0) return receivedAt;
  return trusted || receivedAt - at <= LATE_MAX_MS ? at : receivedAt;
}

/** With a server key each event may say whose it is; without one these fields are unknown fields and ignored. */
function readWho(hit: Hit): Drop | null {
  const { wire, event, sender } = hit;
  if (!sender.trusted) {
    hit.address = sender.address;
    hit.userAgent = sender.userAgent;
    return null;
  }
  for (const field of ['visitor', 'session'] as const) {
    if (wire[field] === undefined || wire[field] === null) continue;
    const id = idOf(wire[field]);
    if (id === null) return malformed(field, `"${field}" must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"`);
    event[field] = id;
  }
  // The sender of a server key is a server: its own address and user agent say nothing about the visitor.
  const { ip, user_agent: userAgent } = wire;
  if (ip !== undefined && ip !== null) {
    if (typeof ip !== 'string' || isIP(ip) === 0) return malformed('ip', '"ip" must be an IPv4 or IPv6 address');
    hit.address = ip;
  }
  if (userAgent !== undefined && userAgent !== null) {
    if (typeof userAgent !== 'string') return malformed('user_agent', '"user_agent" must be a text');
    hit.userAgent = userAgent.slice(0, USER_AGENT_CHARS);
  }
  return null;
}

/** One that is too long loses its fragment, then the last of its parameters, whole: half a click id would be a wrong one. */
function shortened(url: string): string {
  if (url.length <= URL_CHARS) return url;
  const [plain = ''] = url.split('#', 1);
  return plain.length <= URL_CHARS ? plain : plain.slice(0, URL_CHARS).replace(/[?&][^?&]*$/, '');
}

function readPage(hit: Hit): Drop | null {
  const { wire, event, sender } = hit;
  for (const field of ['url', 'referrer', 'title'] as const) {
    const value = wire[field];
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return malformed(field, `"${field}" must be a text`);
    }
  }
  const url = shortened((wire.url as string | null | undefined) ?? '');
  if (url !== '') {
    hit.page = sender.site.readPage(url);
    if (!hit.page) return malformed('url', '"url" must be a full http:// or https:// address');
    event.url = hit.page.url;
    event.hostname = hit.page.hostname;
    event.path = hit.page.path;
  } else if (event.name === 'pageview') {
    return malformed('url', 'a pageview needs "url", the full address of the page');
  }
  const referrer = (wire.referrer as string | null | undefined) ?? '';
  // A referrer that long is noise from somewhere else: the hit counts, its referrer does not.
  hit.referrer = referrer.length > URL_CHARS ? '' : referrer;
  event.title = oneLine((wire.title as string | null | undefined) ?? '', TITLE_CHARS);
  return null;
}

export function oneLine(text: string, maxChars: number): string {
  return text === '' ? text : wellFormed(text.replace(CONTROL, ' ').trim(), maxChars);
}
