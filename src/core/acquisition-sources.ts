import detours from './acquisition-detours.json' with { type: 'json' };
import { countryPattern, hostAndParents, plainHost } from './acquisition-host.ts';
import data from './acquisition-sources.json' with { type: 'json' };

export const SOURCE_KINDS = ['search', 'social', 'video', 'shopping', 'ai', 'email'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

export interface KnownSource {
  /** Lower-case name shown in reports: 'google', 'hackernews', 'chatgpt'. */
  name: string;
  kind: SourceKind;
}

/** What a host alone says, and what its paths say ('x.com/i/grok' is not 'x.com'). */
interface HostRule {
  whole: KnownSource | null;
  paths: { prefix: string; source: KnownSource }[];
}

const ANDROID_APP = 'android-app://';
const APP_NAMES = new Map<string, KnownSource>();
/** Keys: 'host', '.host' for a host with its subdomains, 'host.{}' for every country's ending. */
const HOST_RULES = new Map<string, HostRule>();
const BY_NAME = new Map<string, KnownSource>();

for (const kind of SOURCE_KINDS) {
  for (const [name, hosts] of Object.entries(data[kind] as Record<string, string[]>)) {
    const source = { name, kind };
    BY_NAME.set(name, source);
    for (const entry of hosts) addRule(entry, source);
  }
}
for (const [alias, name] of Object.entries(data.aliases)) BY_NAME.set(alias, BY_NAME.get(name)!);

function addRule(entry: string, source: KnownSource): void {
  if (entry.startsWith(ANDROID_APP)) {
    APP_NAMES.set(entry.slice(ANDROID_APP.length), source);
    return;
  }
  const slash = entry.indexOf('/');
  const key = slash < 0 ? entry : entry.slice(0, slash);
  const rule = HOST_RULES.get(key) ?? { whole: null, paths: [] };
  HOST_RULES.set(key, rule);
  if (slash < 0) rule.whole = source;
  else rule.paths.push({ prefix: entry.slice(slash), source });
}

function applyRule(key: string | null, path: string): KnownSource | null {
  const rule = key === null ? undefined : HOST_RULES.get(key);
  if (!rule) return null;
  for (const { prefix, source } of rule.paths) {
    if (path === prefix || path.startsWith(`${prefix}/`)) return source;
  }
  return rule.whole;
}

/** The known source of a referrer's host: the longest host that matches, and of its rules a path before the whole host. */
export function sourceOfHost(host: string, path = ''): KnownSource | null {
  const plain = plainHost(host);
  const exact = applyRule(plain, path) ?? applyRule(countryPattern(plain), path);
  if (exact) return exact;
  for (const parent of hostAndParents(plain)) {
    const source = applyRule(`.${parent}`, path);
    if (source) return source;
  }
  return null;
}

/** The known source of an Android package, as in `android-app://com.linkedin.android/`. */
export function sourceOfAndroidApp(packageName: string): KnownSource | null {
  return APP_NAMES.get(packageName) ?? null;
}

/** What kind of source a tag names: 'Google', 'fb' and 'l.facebook.com' are all known. */
export function sourceOfName(name: string): KnownSource | null {
  const lower = name.trim().toLowerCase();
  return BY_NAME.get(lower) ?? (lower.includes('.') ? sourceOfHost(lower) : null);
}

const DETOURS = new Set([...detours.payment, ...detours.signIn]);

/** Payment, bank and sign-in pages: visitors come back from them, nobody comes from them. */
export function isDetour(host: string): boolean {
  for (const parent of hostAndParents(host)) {
    if (DETOURS.has(parent)) return true;
  }
  const pattern = countryPattern(host);
  if (pattern === null) return false;
  for (const parent of hostAndParents(pattern)) {
    if (DETOURS.has(parent)) return true;
  }
  return false;
}
