// A regular expression is shorter than startsWith once it is compressed.
/* oxlint-disable unicorn/prefer-string-starts-ends-with */
/**
 * Hits on their way. Each batch has its own key on the disk, written once and removed once it is answered: tabs that share
 * the disk cannot overwrite each other's hits, and what a tab left behind is sent by the next page. A hit that is sent
 * twice counts once, by its id.
 */
import { readState, session, state, touch, visitor } from './identity.ts';
import { attempt, disk, uuid } from './storage.ts';
import type { Given } from './storage.ts';
import { src, tag } from './tag.ts';

/** 72 hours, as long as the server believes a hit's own time. */
const KEPT_MS = 26e7;
const BATCHES_KEPT = 300;

export const events: string[] = [];
/** Batches that may not, or cannot, be stored. */
const memory: Record<string, unknown> = {};
let retryAt = 0;

let more: unknown;

/** Each second: sends what waits. @param leaving the page ends: at once, whatever is under way, and so that it outlives the page */
export const tick = (leaving?: Given) =>
  attempt(() => {
    // Once for all that waits: cookies are slow to write. In a sandboxed frame there are none.
    if (readState() > (!events[0] as Given)) attempt(touch);
    while (events[0]) {
      // Many are made in one millisecond, and of two under one name the first would be lost.
      const key = 'hw_q' + Date.now() + uuid();
      const text =
        `,"events":[${events.splice(0, 30)}],` +
        JSON.stringify({
          ...tag,
          webdriver: navigator.webdriver,
          visitor,
          tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
          session,
          // hw.js sends no id without consent. Here there never is one, so it must be said.
          ...(COOKIELESS ? { consent: state > 0 } : {}),
        }).slice(1);
      if (COOKIELESS || !attempt(() => state > (disk as Given).length / BATCHES_KEPT && (disk[key] = text)))
        memory[key] = text;
    }
    // The oldest first, whatever order the disk has: or a young one that is refused keeps an old one from being tried.
    for (const key of Object.keys({ ...disk, ...memory }).sort()) {
      if (key.match('^hw_q\\d') && (Date.now() > retryAt || leaving)) {
        retryAt = Date.now() + 9e3;
        fetch(new URL('api/event', src), {
          body: `{"sent":${Date.now() + ((disk[key] || memory[key]) as Given)}`,
          method: 'POST',
          keepalive: leaving,
        })
          .catch(String)
          .then((answer: Given) => {
            const age = Date.now() - (key as Given).slice(4, 17);
            // Final: any answer but 429 and 5xx. The pause is as long as the hit is old, which doubles it each time.
            if (age > KEPT_MS || answer.status < 429) {
              delete disk[key];
              delete memory[key];
              retryAt = 0;
              tick();
            } else retryAt = Date.now() + (1e3 * answer.headers?.get('retry-after') || age % 6e4);
          });
      }
    }
    // An attribute, or a link or script of Stripe, asks for the second script. They may be rendered at any time.
    more ||=
      document.querySelector('[src*=stripe],[href*=stripe],[data-more],[data-hw-event],[data-compat]') &&
      import(new URL('hw-more.js', src) as unknown as string).catch(String);
  });
