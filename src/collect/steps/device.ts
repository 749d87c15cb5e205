import type { Agent } from './agent.ts';
import type { Hit } from './hit.ts';

const LANGUAGE = /^\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*\s*(?:[;,]|$)/;

export function device(hit: Hit, agent: Agent): Hit {
  hit.event.browser = agent.browser;
  hit.event.os = agent.os;
  hit.event.device = agent.device;
  hit.inAppBrowser = agent.inApp;
  // The sender of a server key speaks for others: its own language says nothing about them.
  if (!hit.sender.trusted) hit.event.language = languageOf(hit.sender.acceptLanguage);
  return hit;
}

/** The first language asked for, without its region: 'de-AT,de;q=0.9' → 'de'. */
export function languageOf(acceptLanguage: string): string {
  return LANGUAGE.exec(acceptLanguage)?.[1]?.toLowerCase() ?? '';
}
