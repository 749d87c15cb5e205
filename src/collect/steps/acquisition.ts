import { acquisitionOf } from '../../core/acquisition-of.ts';
import type { Acquisition } from '../../core/acquisition.ts';
import { createRecent } from '../recent.ts';
import type { Hit, Step } from './hit.ts';

const ARRIVALS_MAX = 5000;

/** How the hit arrived and, from that, its channel (core/acquisition-of, core/channel). Most hits arrive as others did. */
export function createAcquisition(): Step {
  const known = createRecent<Acquisition>(ARRIVALS_MAX);
  return (hit: Hit) => {
    const { page, referrer, agent, sender, event } = hit;
    const key = `${sender.site.serial}\n${agent.inApp}\n${referrer}\n${event.url}`;
    let found = known.get(key);
    if (!found) {
      found = acquisitionOf({ page, referrer, siteHosts: sender.site.hosts, inAppBrowser: agent.inApp });
      known.set(key, found);
    }
    event.source = found.source;
    event.medium = found.medium;
    event.campaign = found.campaign;
    event.term = found.term;
    event.content = found.content;
    event.clickId = found.clickId;
    event.clickIdKind = found.clickIdKind;
    event.referrerHost = found.referrerHost;
    event.referrer = found.referrer;
    event.channel = found.channel;
    return hit;
  };
}
