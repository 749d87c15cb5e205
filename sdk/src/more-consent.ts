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
 * Defaults may differ by `region`, and only Google knows where this is: one that refuses holds until an update.
 */
function followGoogle() {
  const layer: Given[] = (page.dataLayer ||= []);
  // Not a list: somebody else's.
  if (!Array.isArray(layer)) return;
  let isRefused = false;
  const read = (entry: Given) => {
    if (entry?.[0] != 'consent' || !entry[2]?.analytics_storage) return;
    if (entry[1] == 'default') isRefused ||= !isGiven(entry[2]);
    setConsent(entry[1] == 'default' && isRefused ? false : entry[2]);
  };
  layer.forEach(read);
  const push = layer.push.bind(layer);
  layer.push = (...entries: Given[]) => {
    entries.forEach(read);
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

/** `window.ZoriHQ` for code that was written for Zori; what was pushed before goes first. */
export const offerZori = () => {
  if (!/zori/.test(tag.compat ?? '')) return;
  const waiting = page.ZoriHQ;
  page.ZoriHQ = pixel;
  waiting?.forEach?.(pixel.push);
};
