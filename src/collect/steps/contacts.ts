import type { Hit } from './hit.ts';
import { EMAIL } from './props.ts';

/** One character before the @ is enough: a pattern that looks for all of them takes quadratic time over a text of @s. */
const HOLDS_EMAIL = /[^\s@"']@[^\s@"'.]+\.[^\s@"']/;
const CONTACT_NAME = /e-?mail|phone|mobile|(?:^|[_-])(?:tel|fax)/i;

/**
 * Replaces a person's addresses in an identify event before it is stored: the e-mail by its keyed hash, which joins it to
 * the customer who pays; phone numbers and every other value that holds an e-mail address by nothing. An app id that is
 * an e-mail address is taken as the e-mail.
 */
export function contacts(hit: Hit, hashEmail: (email: string) => string): Hit {
  const { event } = hit;
  if (event.name !== 'identify') return hit;
  const appId = event.props.app_id?.trim() ?? '';
  const email = event.props.email?.trim() || (EMAIL.test(appId) ? appId : '');
  for (const [name, value] of Object.entries(event.props)) {
    if (CONTACT_NAME.test(name) || HOLDS_EMAIL.test(name) || HOLDS_EMAIL.test(value)) delete event.props[name];
  }
  if (email !== '') event.props.email_hash = hashEmail(email.toLowerCase());
  if (event.props.app_id !== undefined) event.props.app_id = appId;
  return hit;
}
