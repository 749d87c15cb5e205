import type { Drop, Hit } from './hit.ts';

/** Paths the site does not want counted, as prefixes of whole segments: '/admin' is not '/administration'. */
export function exclusions(hit: Hit): Hit | Drop {
  const { path } = hit.event;
  if (path === '') return hit;
  for (const prefix of hit.sender.site.excludedPaths) {
    if (isBelow(path, prefix)) return { drop: 'excluded' };
  }
  return hit;
}

function isBelow(path: string, prefix: string): boolean {
  if (prefix === '' || !path.startsWith(prefix)) return false;
  if (prefix.endsWith('/') || path.length === prefix.length) return true;
  const next = path[prefix.length];
  return next === '/' || next === '#';
}
