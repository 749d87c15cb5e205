import type { Hit } from './hit.ts';

/**
 * Marks, never silences: what a rule takes for a bot today may turn out to be customers. Reports leave marked hits out
 * unless asked. An absent user agent proves nothing and is not marked.
 */
export function bots(hit: Hit): Hit {
  if (hit.sender.webdriver) hit.event.bot = 'webdriver';
  else if (hit.agent.isBot) hit.event.bot = 'user_agent';
  return hit;
}
