import { acquisitionOf } from '../../core/acquisition-of.ts';
import type { Hit } from './hit.ts';

/** How the hit arrived and, from that, its channel (core/acquisition-of, core/channel). */
export function acquisition(hit: Hit): Hit {
  const { page, referrer, inAppBrowser, sender, event } = hit;
  const found = acquisitionOf({ page, referrer, siteHosts: sender.site.hosts, inAppBrowser });
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
}
