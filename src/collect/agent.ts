import { isbot } from 'isbot';
import { UAParser } from 'ua-parser-js';
import inApp from './in-app-browsers.json' with { type: 'json' };
import { createRecent } from './recent.ts';

/** Low-entropy client hints, as received. */
export interface ClientHints {
  brands: string;
  mobile: string;
  platform: string;
}

/** What a user agent and its client hints say. The texts themselves are not kept with the event. */
export interface Agent {
  browser: string;
  os: string;
  /** 'desktop' | 'mobile' | 'tablet' | 'tv' | 'other' or ''. */
  device: string;
  /** Source name when the browser is inside an app, else ''. */
  inApp: string;
  isBot: boolean;
}

const AGENTS_MAX = 5000;
const OS_NAMES: Record<string, string> = { 'Mac OS': 'macOS', 'Chromium OS': 'ChromeOS', 'Chrome OS': 'ChromeOS' };
const DEVICE_NAMES: Record<string, string> = { mobile: 'mobile', tablet: 'tablet', smarttv: 'tv' };
const IN_APP_BROWSERS = inApp.patterns.map((app) => ({ ...app, pattern: new RegExp(app.pattern) }));
/** Brands that a user agent hides behind Chrome's name, as they write themselves in sec-ch-ua. */
const HIDDEN_BRANDS = ['Brave', 'Vivaldi', 'DuckDuckGo', 'Arc', 'Opera GX', 'Avast Secure Browser', 'Norton Browser'];
export const NO_AGENT: Agent = { browser: '', os: '', device: '', inApp: '', isBot: false };

/** Parsing takes tens of microseconds and most hits come from few agents: 5,000 are remembered. */
export function createAgentReader(): (userAgent: string, hints: ClientHints | null) => Agent {
  const known = createRecent<Agent>(AGENTS_MAX);
  return (userAgent, hints) => {
    if (userAgent === '' && hints === null) return NO_AGENT;
    const key = hints === null ? userAgent : `${userAgent}\n${hints.brands}\n${hints.mobile}\n${hints.platform}`;
    const found = known.get(key);
    if (found) return found;
    const agent = readAgent(userAgent, hints);
    known.set(key, agent);
    return agent;
  };
}

function readAgent(userAgent: string, hints: ClientHints | null): Agent {
  const parsed = new UAParser(userAgent).getResult();
  const brands = hints?.brands ?? '';
  const platform = unquote(hints?.platform ?? '');
  const osName = parsed.os.name ?? platform;
  const os = OS_NAMES[osName] ?? osName;
  const app = IN_APP_BROWSERS.find(({ pattern }) => pattern.test(userAgent));
  const hidden = HIDDEN_BRANDS.find((brand) => brands.includes(`"${brand}"`));
  const browser = app?.browser ?? hidden ?? parsed.browser.name ?? '';
  return {
    browser: browser.replace(/^Mobile (?=Safari|Firefox|Chrome)/, ''),
    os,
    device: deviceOf(parsed.device.type, os, hints),
    inApp: app?.source ?? '',
    isBot: isbot(userAgent) || /Headless/i.test(brands),
  };
}

/** ua-parser leaves computers without a type; only an agent whose system is known is called one. */
function deviceOf(type: string | undefined, os: string, hints: ClientHints | null): string {
  if (type !== undefined) return DEVICE_NAMES[type] ?? 'other';
  if (hints?.mobile === '?1') return 'mobile';
  // Android without "Mobile" asks for the desktop page or is a tablet.
  if (os === 'Android') return 'tablet';
  return os === '' ? '' : 'desktop';
}

function unquote(text: string): string {
  return text.replace(/^"|"$/g, '').slice(0, 50);
}
