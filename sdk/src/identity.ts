// A regular expression is shorter than startsWith once it is compressed.
/* oxlint-disable unicorn/prefer-string-starts-ends-with */
/**
 * Who the visitor is, and how much of that may be known. Cookies do all remembering, because servers read them too.
 * Invariant: nothing is read into the identity and nothing is stored while `state` is not above 0.
 */
import { SESSION_MINUTES, VISITOR_COOKIE_DAYS } from './protocol.ts';
import { attempt, disk, uuid } from './storage.ts';
import type { Given } from './storage.ts';
import { tag } from './tag.ts';

/** null: without identity. */
export let visitor: string | null | undefined;
export let session: string | null | undefined;

/** Cookie names begin with ours, then with those of the products whose code the site still has. */
const brands: Given = `hw ${tag.compat || ''}`.match(/\w+/g);

/** Ours before theirs, whichever the browser names first. Throws when there is none. */
const readCookie = (name: string, found?: Given) => (
  brands.find((brand: string) => (found = document.cookie.match(brand + '_' + name + '=([\\w-]+)'))),
  found[1]
);

let domain: string | undefined;
const writeCookie = (name: string, value: unknown, maxAgeS: number) =>
  (document.cookie = `${name}=${value};max-age=${maxAgeS};domain=${domain};samesite=lax;path=/${location.href[4]! > ':' ? ';secure' : ''}`);

/** Writes the cookies, or (0) deletes them. */
const writeCookies = (alive: 0 | 1) => {
  // The widest domain this page may set cookies on, found by trying: no list of public suffixes fits in a pixel.
  if (!domain) {
    domain = '';
    for (const label of location.hostname.split('.').reverse()) {
      if (!document.cookie.match('hw_q=.')) writeCookie('hw_q', (domain = '.' + label + domain), 9);
    }
    if (!document.cookie.match('hw_q=.')) domain = '';
    writeCookie('hw_q', 1, 0);
  }
  for (const brand of brands) {
    writeCookie(brand + '_visitor_id', visitor, alive * (VISITOR_COOKIE_DAYS * 86_400));
    writeCookie(brand + '_session_id', session, alive * (SESSION_MINUTES * 60));
  }
};

/** Renews both cookies; starts a session after 30 idle minutes, or when a campaign arrives that this one is not of. */
export const touch = () => {
  if (COOKIELESS) {
    visitor = session = null;
    delete disk.hw_s;
    return;
  }
  // A fingerprint of the campaign in the address is the end of the session id. The list is core/acquisition-click-ids.json.
  let arrived: Given = '';
  for (const letter of `${location.href.match(/[?&](utm_\w+|ref|via|epik|source|\w*(cl(ic)?k?|bra|scc|fat_|rdt_c)id)=[^&#]+/gi) || ''}`) {
    arrived = (arrived * 31 + (letter as Given).charCodeAt()) | 0;
  }
  // Throws in a sandboxed frame: such a page has no identity.
  writeCookie('hw_q', 1, 0);
  visitor ||= uuid();
  if (!session?.match(arrived + '$')) session = uuid() + arrived;
  writeCookies(1);
};

/** What holds unasked. An attribute is the site's decision; without one, Global Privacy Control is a refusal. */
const unasked = tag.consent
  ? tag.consent == 'granted'
  : !(navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl;

/** Above 0: all; 0: hits count without identity, nothing is stored; below 0 (opted out): nothing is sent. */
export let state: Given; // as stored: a number, a boolean or the text of a number
/**
 * Asked again before each hit, each second and after each answer: another tab may have changed it, or the server the
 * cookies. Forgets the identity that may not be known any more.
 */
export const readState = (): Given => {
  state = disk.hw_c ?? unasked;
  attempt(() => {
    // Where there is no cookie, as where they are blocked, the page remembers.
    visitor = readCookie('visitor_id');
    // Left by the script that was here before, or brought by an answer that was on its way when consent was taken back.
    if (COOKIELESS || !(state > 0)) writeCookies(0);
    session = readCookie('session_id', (session = null));
  });
  if (COOKIELESS || !(state > 0)) visitor = session = null;
  return state;
};

/** May throw: the disk may be full. */
export const grant = () => (disk.hw_c = 1);

/** Deletes what was stored. A refusal is remembered only where consent is not required: there it leaves no trace. */
export const deny = (next: Given) =>
  attempt(() => {
    for (const key in disk) if (key.match('^hw_q\\d|^hw_.$')) delete disk[key];
    if (unasked || next) disk.hw_c = next;
    readState();
  });
