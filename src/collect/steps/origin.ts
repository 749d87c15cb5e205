import { isLoopback, isWithin, plainHost } from '../../core/acquisition-host.ts';
import type { Drop, Hit } from './hit.ts';

/** Hits of pages that are neither the site's nor this machine's are counted as foreign: anyone can copy a script tag. */
export function origin(hit: Hit): Hit | Drop {
  return hit.sender.originAccepted ? hit : { drop: 'origin' };
}

/** Accepted: none (servers, apps), the site's hosts and their subdomains, loopback. */
export function isAcceptedOrigin(originHeader: string, siteHosts: readonly string[]): boolean {
  if (originHeader === '') return true;
  const host = URL.parse(originHeader)?.hostname ?? '';
  return host !== '' && (isLoopback(host) || isWithin(plainHost(host), siteHosts));
}
