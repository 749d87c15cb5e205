import { isWithin, plainHost } from '../../core/acquisition-host.ts';
import type { Drop, Hit } from './hit.ts';

/**
 * Addresses, hosts and paths the site does not want counted; paths are prefixes of whole segments: '/admin' is not
 * '/administration'. A server key speaks for others, so its events are excluded by the address they name.
 */
export function exclusions(hit: Hit): Hit | Drop {
  const { path, hostname } = hit.event;
  const { site } = hit.sender;
  if (site.isExcludedAddress(hit.address)) return { drop: 'excluded' };
  if (hostname !== '' && isWithin(plainHost(hostname), site.excludedHosts)) return { drop: 'excluded' };
  if (path === '') return hit;
  for (const prefix of site.excludedPaths) {
    if (isBelow(path, prefix)) return { drop: 'excluded' };
  }
  return hit;
}

/** After the location is known; an approximate country counts, it is the best that is known. */
export function excludedCountries(hit: Hit): Hit | Drop {
  return hit.sender.site.excludedCountries.has(hit.event.country) ? { drop: 'excluded' } : hit;
}

function isBelow(path: string, prefix: string): boolean {
  if (prefix === '' || !path.startsWith(prefix)) return false;
  if (prefix.endsWith('/') || path.length === prefix.length) return true;
  const next = path[prefix.length];
  return next === '/' || next === '#';
}
