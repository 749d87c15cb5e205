import { createHash } from 'node:crypto';
import { linkKey } from '../core/link.ts';
import type { Link } from '../core/link.ts';

/** How a link is called in addresses: the same for the same evidence, whatever payment it is seen on. */
export function linkId(link: Pick<Link, 'object' | 'field' | 'value'>): string {
  return createHash('sha256').update(linkKey(link)).digest('base64url').slice(0, 22);
}
