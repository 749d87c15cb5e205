import { parse } from 'tldts';
import { isWithin, plainHost } from '../core/acquisition-host.ts';
import { VISITOR_COOKIE_DAYS } from '../../sdk/src/protocol.ts';

/**
 * The visitor cookie as set by the server, because Safari keeps those that scripts set for 7 days only. Only for requests
 * that a page of the site sent to the site's own host: a foreign page must not be able to give a visitor another id.
 *
 * @param asked the host the browser asked, '' when it is not known; a port is cut
 * @param headers of the request: browsers say in them where it comes from, and pages cannot change that
 * @returns a whole Set-Cookie value, or null
 */
export function visitorCookie(
  visitor: string,
  asked: string,
  {
    headers,
    siteHosts,
  }: { headers: Readonly<Record<string, string | string[] | undefined>>; siteHosts: readonly string[] },
): string | null {
  // A proxy at the edge may ask by our own name, but the browser knows what it asked for: its page's own origin.
  const isSameOrigin = headers['sec-fetch-site'] === 'same-origin';
  const askedHost = asked.replace(/:\d+$/, '').toLowerCase();
  // Most hits come from other hosts, and what follows costs more than this.
  if (!isSameOrigin && !isWithin(plainHost(askedHost), siteHosts)) return null;
  const origin = typeof headers.origin === 'string' ? URL.parse(headers.origin) : null;
  if (origin === null || !isWithin(plainHost(origin.hostname), siteHosts)) return null;
  const page = parse(origin.hostname, { allowPrivateDomains: true });
  const here = isSameOrigin ? page : parse(askedHost, { allowPrivateDomains: true });
  if (page.domain === null || page.domain !== here.domain) return null;
  const secure = origin.protocol === 'https:' ? '; Secure' : '';
  const maxAgeS = VISITOR_COOKIE_DAYS * 86_400;
  return `hw_visitor_id=${visitor}; Domain=${page.domain}; Path=/; Max-Age=${maxAgeS}; SameSite=Lax${secure}`;
}
