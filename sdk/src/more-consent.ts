import { page, pixel, tag, wants } from './more-page.ts';
import { attempt, disk } from './storage.ts';
import type { Given } from './storage.ts';

/** `true`, 'granted', `{ analytics: true }`, `{ analytics_storage: 'granted' }`. Whatever else is said is no consent. */
const isGiven = (given: unknown) =>
  /(^|"analytics\w*":)(true|"granted")/.test(attempt(() => JSON.stringify(given)) ?? '');

const core = pixel.setConsent;
const setConsent = (given: unknown) => core(isGiven(given));

export const followConsent = () => {
  pixel.setConsent = setConsent;
  pixel.hasConsent = () => /\bhw_visitor_id=/.test(document.cookie) || (disk.hw_c as Given) > 0;
  if (!wants('cmp')) return;
  followGoogle();
  followFramework();
  // OneTrust: its category for analytics is C0002 unless the site renamed it.
  const groups = () => page.OnetrustActiveGroups && setConsent(/\bC0002\b/.test(page.OnetrustActiveGroups));
  groups();
  addEventListener('OneTrustGroupsUpdated', groups);
  const cookiebot = () => page.Cookiebot?.hasResponse && setConsent(page.Cookiebot.consent.statistics);
  cookiebot();
  addEventListener('CookiebotOnConsentReady', cookiebot);
  document.addEventListener('cookieyes_consent_update', (event) =>
    setConsent((event as CustomEvent).detail.accepted.includes('analytics')),
  );
};

/**
 * Google Consent Mode: `gtag('consent', 'default' | 'update', { analytics_storage: 'granted' })` lies in the data layer.
 * Defaults may differ by `region`, and only Google knows where this is: one that refuses holds until an update. Every page
 * says its defaults again, ahead of what the manager remembers: what was decided is not theirs to take back.
 */
function followGoogle() {
  const layer: Given[] = (page.dataLayer ||= []);
  // Not a list: somebody else's.
  if (!Array.isArray(layer)) return;
  let isDecided = disk.hw_c != null;
  let isRefused = false;
  /** What holds after the entries. Only the last word of a turn is told: a refusal in between would delete the visitor. */
  const read = (entries: Given[]) => {
    let said: unknown;
    for (const entry of entries) {
      if (entry?.[0] != 'consent' || !entry[2]?.analytics_storage) continue;
      const given = isGiven(entry[2]);
      if (entry[1] != 'default') {
        isDecided = true;
        said = given;
      } else if (!isDecided) said = !(isRefused ||= !given);
    }
    if (said != null) setConsent(said);
  };
  read(layer);
  const push = layer.push.bind(layer);
  layer.push = (...entries: Given[]) => {
    read(entries);
    return push(...entries);
  };
}

/** IAB Transparency and Consent Framework 2: purpose 1 stores on the device, purpose 8 measures content. */
function followFramework() {
  page.__tcfapi?.('addEventListener', 2, (said: Given, isValid: boolean) => {
    if (!isValid || !/^(tcloaded|useractioncomplete)$/.test(said.eventStatus)) return;
    const { consents = {} } = said.purpose ?? {};
    setConsent(said.gdprApplies === false || !!(consents[1] && consents[8]));
  });
}

/**
 * `window.ZoriHQ` for code that was written for Zori, whose commands answer otherwise: a session's id at once, true to what
 * was told (of events by a promise), and what is pushed with a function calls that. What was pushed before goes first.
 */
export const offerZori = () => {
  if (!/zori/.test(tag.compat ?? '')) return;
  const waiting = page.ZoriHQ;
  const told =
    (name: string) =>
    (...args: Given[]) => {
      (pixel as Given)[name](...args);
      return true;
    };
  const promised =
    (name: string) =>
    async (...args: Given[]) =>
      told(name)(...args);
  const zori: Given = (page.ZoriHQ = {
    ...pixel,
    track: promised('track'),
    identify: promised('identify'),
    setConsent: told('setConsent'),
    optOut: told('optOut'),
    getSessionId: () => document.cookie.match(/zori_session_id=([\w-]+)/)?.[1] ?? null,
    push: (command: Given) =>
      attempt(() => {
        const [name, ...args] = command;
        Promise.resolve(zori[name](...args))
          .then((answer) => args[0]?.call && args[0](answer))
          .catch(String);
      }),
  });
  waiting?.forEach?.(zori.push);
};
