/**
 * Host names as acquisition compares them: lower case, without 'www.' and the root's dot. A pattern 'google.{}' stands
 * for every country's ending ('google.de', 'google.co.uk', 'google.com.br', 'google.com').
 */
const SECOND_LEVEL = new Set(['co', 'com', 'org', 'net', 'edu', 'ac', 'ne', 'or', 'gov']);
const GENERIC_ENDINGS = new Set(['com', 'org', 'net']);

export function plainHost(host: string): string {
  let plain = host.toLowerCase();
  if (plain.endsWith('.')) plain = plain.slice(0, -1);
  return plain.startsWith('www.') ? plain.slice(4) : plain;
}

/** 'images.google.co.uk' → 'images.google.{}'; null where the ending is no country's (and not com, org or net). */
export function countryPattern(host: string): string | null {
  const lastDot = host.lastIndexOf('.');
  if (lastDot < 1) return null;
  const ending = host.slice(lastDot + 1);
  if (ending.length !== 2 && !GENERIC_ENDINGS.has(ending)) return null;
  let base = host.slice(0, lastDot);
  const secondDot = base.lastIndexOf('.');
  if (ending.length === 2 && secondDot > 0 && SECOND_LEVEL.has(base.slice(secondDot + 1))) {
    base = base.slice(0, secondDot);
  }
  return `${base}.{}`;
}

/** The host and each of its parents, longest first: 'a.b.c' → 'a.b.c', 'b.c', 'c'. */
export function* hostAndParents(host: string): Generator<string> {
  for (let rest = host; rest !== '';) {
    yield rest;
    const dot = rest.indexOf('.');
    rest = dot < 0 ? '' : rest.slice(dot + 1);
  }
}

/** True when `host` is one of `owners` or below one. `owners` are plain hosts. */
export function isWithin(host: string, owners: readonly string[]): boolean {
  for (const owner of owners) {
    if (host === owner) return true;
    if (host.length > owner.length && host.endsWith(owner) && host[host.length - owner.length - 1] === '.') return true;
  }
  return false;
}

/** Names of this machine, where people try a site before it is public. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
