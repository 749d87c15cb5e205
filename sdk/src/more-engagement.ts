import { followAddress, pixel, script, tag } from './more-page.ts';
import { uuid } from './storage.ts';

/** Under the 30 minutes of a session: who reads on for an hour stays in it. */
const LONG_MS = 20 * 6e4;

/**
 * When the page is left the pixel has sent already what waited: this goes by itself, once, and only with an identity (who
 * opted out has none).
 */
const sendLast = async (name: string, props: Record<string, unknown>) => {
  const [visitor, session] = [await pixel.getVisitorId(), await pixel.getSessionId()];
  if (!visitor || !script) return;
  const event = { id: uuid(), name, url: location.origin + location.pathname, at: Date.now(), props };
  const batch = { site: tag.site, visitor, session, webdriver: navigator.webdriver, events: [event] };
  const request = { method: 'POST', body: JSON.stringify({ ...batch, sent: Date.now() }), keepalive: true };
  await fetch(new URL('api/event', script.src), request).catch(String);
};

/**
 * How long a page was in view, in seconds, and how far it was scrolled, in percent of its height: told when it is left or
 * hidden, and after 20 minutes. `path` is the page meant, which on going back is no longer the address.
 */
export const measureEngagement = () => {
  let path = location.pathname;
  let since = 0;
  let engagedMs = 0;
  let depth = 0;

  const look = () => {
    const { scrollHeight } = document.documentElement;
    depth = Math.max(depth, Math.min(100, Math.round(((scrollY + innerHeight) / scrollHeight) * 100)));
  };
  const pause = () => {
    if (since) engagedMs += Date.now() - since;
    since = 0;
  };
  const resume = () => {
    pause();
    if (!document.hidden) since = Date.now();
  };
  const tell = (track = pixel.track) => {
    pause();
    const seconds = Math.round(engagedMs / 1e3);
    if (!seconds) return;
    engagedMs -= seconds * 1e3;
    track('engagement', { seconds, depth, path });
  };

  look();
  resume();
  addEventListener('scroll', look, { passive: true });
  document.addEventListener('visibilitychange', () => (document.hidden ? tell() : resume()));
  addEventListener('pagehide', () => tell(sendLast));
  addEventListener('pageshow', resume);
  const changed = () => {
    if (path == location.pathname) return;
    tell();
    path = location.pathname;
    depth = engagedMs = 0;
    look();
    resume();
  };
  followAddress(() => {}, changed);
  setInterval(() => {
    if (document.hidden) return;
    tell();
    resume();
  }, LONG_MS);
};
