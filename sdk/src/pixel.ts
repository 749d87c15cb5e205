/**
 * The pixel, served as /hw.js: one classic script without dependencies, built by sdk/build.ts. Every byte is paid by every
 * visitor of every site, so the source is terse where it costs nothing in clarity, and cookies do all remembering.
 * Invariants: it never throws into the page, never blocks rendering, and never sends a `*_client_secret`.
 */
import { SESSION_MINUTES, VISITOR_COOKIE_DAYS } from './protocol.ts';
import type { WireEvent } from './protocol.ts';

type Command = [name: string, ...args: unknown[]];
type Props = Record<string, unknown>;
/** What waits for a 2xx: the identity of its moment, so that a later session does not claim an earlier hit. */
type Batch = { visitor: string; session: string; events: WireEvent[] };

const page = window as unknown as Window & Record<string, unknown>;
const script = document.currentScript as HTMLScriptElement;
const site = script.dataset.site!;
const compat = (script.dataset.compat || '').split(/\W+/);
const endpoint = new URL('/api/event', script.src).href;

const QUEUE_KEY = 'hw_queue';
const CHECKOUT_KEY = 'hw_cs';
const DAY_S = 86_400;
const QUEUE_MAX = 50;

const uuid = () =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (+digit ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+digit / 4)))).toString(16),
  );

// Storage throws when it is blocked or full: the pixel then works without it, for as long as the page lives.
const recall = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const remember = (key: string, value: string) => {
  try {
    localStorage.setItem(key, value);
  } catch {}
};

const readCookie = (name: string) => document.cookie.match(`(?:^|; )${name}=([\\w-]{1,64})(?:;|$)`)?.[1];

/** The widest domain this page may set cookies on, found by trying: no list of public suffixes fits in a pixel. */
let domain = '';
const writeCookie = (name: string, value: string, maxAgeS: number) => {
  document.cookie = `${name}=${value}${domain};path=/;max-age=${maxAgeS};samesite=lax${location.protocol == 'https:' ? ';secure' : ''}`;
};
const labels = location.hostname.split('.');
for (let i = labels.length; i--;) {
  domain = ';domain=' + labels.slice(i).join('.');
  writeCookie('hw_t', '1', 9);
  if (readCookie('hw_t')) {
    writeCookie('hw_t', '', 0);
    break;
  }
  domain = '';
}

/** Short fingerprint of the campaign part of the address ('0' for none): the last part of the session id. */
const campaign = () => {
  const found = location.search
    .match(/[?&](utm_\w+|ref|source|via|\w*clid|[gw]braid|li_fat_id|rdt_cid|epik)=[^&]+/gi)
    ?.join();
  let hash = 0;
  for (const letter of found || '') hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash.toString(36);
};

let visitor: string;
let session: string;
const names = (kind: string) => [`hw_${kind}_id`, ...compat.filter((name) => name).map((name) => `${name}_${kind}_id`)];
const adopt = (kind: string) => names(kind).reduce<string | undefined>((id, name) => id || readCookie(name), '');

/** Renews both cookies; starts a session after 30 idle minutes, or when a campaign arrives that this one is not of. */
const touch = () => {
  visitor = adopt('visitor') || visitor || uuid();
  const arrived = campaign();
  const current = adopt('session');
  session =
    current && (arrived == '0' || current.endsWith('-' + arrived)) ? current : uuid().slice(0, 23) + '-' + arrived;
  for (const name of names('visitor')) writeCookie(name, visitor, VISITOR_COOKIE_DAYS * DAY_S);
  for (const name of names('session')) writeCookie(name, session, SESSION_MINUTES * 60);
};

const clean = (url: string) => url.replace(/[^?&#]*_client_secret=[^&#]*/g, '');

let queue: Batch[] = [];
try {
  queue = JSON.parse(recall(QUEUE_KEY) || '[]');
} catch {}
let retry: unknown;
let pauseMs = 1e3;
const keep = (batches: Batch[]) => remember(QUEUE_KEY, JSON.stringify((queue = batches)));

/** A 4xx is final; anything else is kept (over reloads too) and tried again. A hit that arrives twice counts once. */
const deliver = (batch: Batch) => {
  const body = JSON.stringify({
    site,
    ...batch,
    sent: Date.now(),
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    webdriver: navigator.webdriver || undefined,
  });
  fetch(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit' })
    .then(
      (answer) => answer.ok || (answer.status < 500 && answer.status != 429),
      () => false,
    )
    .then((settled) => {
      if (settled) {
        pauseMs = 1e3;
        keep(queue.filter((waiting) => waiting != batch));
      } else retry ||= setTimeout(flush, (pauseMs = Math.min(6e4, pauseMs * 2)));
    });
};
const flush = () => {
  retry = 0;
  queue.forEach(deliver);
};

const send = (name: string, props?: Props) => {
  if (recall('hw_optout')) return;
  touch();
  const event = {
    id: uuid(),
    name,
    url: clean(location.href),
    referrer,
    title: document.title,
    at: Date.now(),
    props,
  };
  const batch = { visitor, session, events: [event] };
  keep([...queue, batch].slice(-QUEUE_MAX));
  // At once, not behind an answer that is under way: the page may be left any moment, for another origin too.
  deliver(batch);
};

/** Of the page before this one: after the first view of a single-page application that is the application itself. */
let referrer = clean(document.referrer);
let viewed = '';
const view = () => {
  const address = location.origin + location.pathname;
  if (viewed == address) return;
  if (viewed) referrer = viewed;
  viewed = address;
  send('pageview');
  report('session_id', 'cs_');
  report('payment_intent', 'pi_');
};

/** Tells once that this visitor came back from a checkout: payment links carry no metadata, so this is their evidence. */
const report = (parameter: string, prefix: string) => {
  const id = location.search.match(`[?&]${parameter}=(${prefix}\\w+)`)?.[1];
  if (!id || recall(CHECKOUT_KEY) == id) return;
  remember(CHECKOUT_KEY, id);
  send('checkout', { [parameter]: id });
};

const api = {
  getVisitorId: () => Promise.resolve(visitor),
  getSessionId: () => Promise.resolve(session),
  track: (name: string, props?: Props) => send(name, props),
  identify: (props: Props) => send('identify', props),
  optOut() {
    remember('hw_optout', '1');
    for (const name of [...names('visitor'), ...names('session')]) writeCookie(name, '', 0);
  },
  push: ([name, ...args]: Command) =>
    (api as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args),
};

const waiting = page.headwater as Command[] | undefined;
page.headwater = api;
if (compat.includes('zori')) page.ZoriHQ = api;

if (!recall('hw_optout')) touch();
flush();
view();
for (const method of ['pushState', 'replaceState'] as const) {
  const original = history[method];
  history[method] = function (...args) {
    original.apply(this, args);
    view();
  };
}
addEventListener('popstate', view);
addEventListener('online', flush);
waiting?.forEach?.(api.push);
