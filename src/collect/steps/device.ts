import type { Hit } from './hit.ts';

const LANGUAGE = /^\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*\s*(?:[;,]|$)/;

export function device(hit: Hit): Hit {
  hit.event.browser = hit.agent.browser;
  hit.event.os = hit.agent.os;
  hit.event.device = hit.agent.device;
  // The sender of a server key speaks for others: its own language says nothing about them.
  if (!hit.sender.trusted) hit.event.language = languageOf(hit.sender.acceptLanguage);
  return hit;
}

/** The first language asked for, without its region: 'de-AT,de;q=0.9' → 'de'. */
export function languageOf(acceptLanguage: string): string {
  return LANGUAGE.exec(acceptLanguage)?.[1]?.toLowerCase() ?? '';
}
