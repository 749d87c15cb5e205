/**
 * The pixel, served as /hw.js: one classic script without dependencies, built by sdk/build.ts. Every byte is paid by every
 * visitor of every site, so the source is terse where it costs nothing in clarity; what only some sites need is in more.ts.
 * Invariants: it never throws into the page, never blocks rendering, and never sends a `*_client_secret`.
 */
import { deny, grant, readState, session, state, visitor } from './identity.ts';
import { events, tick } from './queue.ts';
import { attempt, disk, uuid } from './storage.ts';
import type { Given } from './storage.ts';

/** Of the page before this one: after the first view of a single-page application that is the application itself. */
let referrer: string;

const send = (name: string, props?: unknown) =>
  attempt(() => {
    if (readState() < 0) return;
    events.push(
      JSON.stringify({
        at: Date.now(),
        id: uuid(),
        title: document.title,
        url: location.href,
        referrer,
        name,
        props,
        // Without the name before it: looking for that takes quadratic time over a long word, and the page stands still.
      }).replace(/_secret=[^&"\\]+/g, ''),
    );
  });

let viewed: Given;
/** The checkout that was told, where nothing is stored. */
let told: unknown;
const view = () =>
  attempt(() => {
    const [address] = location.href.match(/[^?#]+/) as Given;
    if (viewed != address) {
      referrer = viewed || document.referrer;
      viewed = address;
      send('pageview');
    }
    // Tells once that this visitor came back from a checkout: payment links carry no metadata, so this is their evidence.
    const [, name, id] = location.href.match(/(payment_intent|session_id)=(.._\w+)/)!;
    if (state > (((COOKIELESS ? told : disk.hw_s) == id) as Given)) {
      send('checkout', { [name!]: id });
      // After it was sent: the disk may be full.
      if (COOKIELESS) told = id;
      else disk.hw_s = id;
    }
  });

const api: Record<string, Given> = {
  track: send,
  setConsent: (given: unknown) =>
    attempt(() => {
      if (given === true) {
        if (state == 0) {
          grant();
          // Again, now with identity: or the arrival, and with it the source, would be lost.
          viewed = 0;
          view();
          tick();
        }
      } else if (!(state < 0)) deny(0);
    }),
  push: (command: Given) => attempt(() => api[command[0]](command[1], command[2])),
  optOut: () => deny(-1),
  identify: (props: unknown) => state > 0 && send('identify', props),
  getSessionId: async () => session,
  getVisitorId: async () => visitor,
};

const start = () => {
  // A second tag on the page would count everything twice.
  if ((self as Given).headwater?.track) return;
  if (!(readState() > 0)) deny(state);
  (self as Given).headwater?.map?.(api.push);
  (self as Given).headwater = api;
  view();
  tick();
  setInterval(tick, 1e3);
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method].bind(history);
    history[method] = (...args) => {
      original(...args);
      view();
    };
  }
  addEventListener('popstate', view);
  addEventListener('pagehide', () => {
    viewed = 0;
    tick(1);
    // A page that comes back from the back/forward cache is a view too.
    addEventListener('pageshow', view);
  });
};
// Not counted until it is shown.
if ((document as Given).prerendering) (document as Given).onprerenderingchange = start;
else start();
