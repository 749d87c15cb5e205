import type { TrafficLists } from '../traffic-lists.ts';
import type { Hit } from './hit.ts';

/**
 * Marks, never silences: what a rule takes for a bot today may turn out to be customers. Reports leave marked hits out
 * unless asked. An absent user agent proves nothing and is not marked. What a browser says of itself comes before what
 * its place suggests: people behind a company's proxy come from data centres too, and the reason tells them apart.
 */
export function bots(hit: Hit, lists: TrafficLists): Hit {
  const { sender, event } = hit;
  if (sender.webdriver) event.bot = 'webdriver';
  else if (hit.agent.isBot) event.bot = 'user_agent';
  else if (sender.site.isReferrerSpam(event.referrerHost) || lists.isReferrerSpam(event.referrerHost)) {
    event.bot = 'referrer_spam';
  } else if (lists.isDatacenter(hit.address)) event.bot = 'datacenter';
  return hit;
}
