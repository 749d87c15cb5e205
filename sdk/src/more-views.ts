import { followAddress, pixel } from './more-page.ts';

const route = () => (/^#!?\//.test(location.hash) ? location.hash : '');

/** Counts '#/route' as pages, for sites that route by it. A change of the path is a view of the pixel's own. */
export const followHash = () => {
  let seen = [location.pathname, route()];
  followAddress(
    () => {},
    () => {
      const [path, hash] = seen;
      seen = [location.pathname, route()];
      if (path == seen[0] && seen[1] && hash != seen[1]) pixel.track('pageview');
    },
  );
};

/** The page's own answer was a 404. */
export const reportMissing = () => {
  const [entry] = performance.getEntriesByType('navigation') as (PerformanceNavigationTiming & {
    responseStatus?: number;
  })[];
  if (entry?.responseStatus == 404) pixel.track('404', { path: location.pathname });
};
