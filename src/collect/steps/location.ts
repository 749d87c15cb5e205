import type { Locate } from '../locate.ts';
import type { Hit } from './hit.ts';

/** Where the visitor is. The address ends here. */
export function location(hit: Hit, locate: Locate): Hit {
  const { sender, event, address } = hit;
  const { country, region, city, locationApproximate } = locate({
    address,
    timezone: sender.timezone,
    proxyCountry: sender.trusted ? '' : sender.proxyCountry,
  });
  event.country = country;
  event.region = region;
  event.city = city;
  event.locationApproximate = locationApproximate;
  hit.address = '';
  return hit;
}
