import type { ApiScope } from '../api-scope.ts';
import { doctorAnswer } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { createLimiter } from '../limiter.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

// Each check-up asks Stripe a few times per connection, out of the limit that the merchant's own calls share.
const PER_MINUTE = 20;

/** *Settings > Check-up*: what is wrong with a site's set-up, and how to mend it. */
export function doctorRoutes(scope: ApiScope, deps: HttpDeps): void {
  const limiter = createLimiter({ max: PER_MINUTE, windowMs: 60_000, now: deps.now });

  scope.get(
    '/sites/:site/doctor',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: doctorAnswer } } },
    async ({ site }) => {
      const waitS = limiter.take(site!.id);
      if (waitS > 0) {
        const message = `too many check-ups of this site; wait ${Math.ceil(waitS)} seconds and ask again`;
        throw new Refusal(429, { code: 'rate_limited', message, retryAfterS: waitS });
      }
      return deps.doctor(site!);
    },
  );
}
