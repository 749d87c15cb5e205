import { createHmac } from 'node:crypto';
import type { CollectRules, PrivacySignal } from '../../core/collect-rules.ts';
import type { Sign } from '../../core/keyed-text.ts';
import { signVisitor } from '../../core/visitor-id.ts';
import type { Drop, Hit } from './hit.ts';

const SIGNAL_HEADERS: Record<PrivacySignal, string> = { gpc: 'sec-gpc', dnt: 'dnt' };

/** Whether the browser sent a signal that this site honours. */
export function isPrivate(headers: Readonly<Record<string, string | string[] | undefined>>, rules: RulesOfIdentity) {
  return rules.signals.some((signal) => headers[SIGNAL_HEADERS[signal]] === '1');
}
type RulesOfIdentity = Pick<CollectRules, 'identity' | 'signals' | 'signedSince'>;

export interface Claim {
  site: string;
  rules: RulesOfIdentity;
  visitor: string;
  session: string;
  address: string;
  userAgent: string;
  isPrivate: boolean;
  wantsSignature: boolean;
  /** Today's salt; only asked for when the site counts by the day. */
  salt: string;
}

/** Whose a browser's hits are, by the site's rules and not by the browser's word alone. */
export function identityOf(claim: Claim, sign: Sign): { visitor: string; session: string } {
  const { site, rules, visitor, session } = claim;
  if (claim.isPrivate) return { visitor: '', session: '' };
  // The drainer makes sessions by the same rule as for all who come without one.
  if (rules.identity === 'daily') return { visitor: dailyVisitor(claim), session: '' };
  if (visitor === '' || !(claim.wantsSignature || rules.signedSince !== null)) return { visitor, session };
  return { visitor: signVisitor(site, visitor, sign), session };
}

/** Nothing can be found out from it once the day's salt is gone; until then it is a pseudonym, and personal data. */
function dailyVisitor({ site, address, userAgent, salt }: Claim): string {
  const hash = createHmac('sha256', salt).update(`${site}\n${address}\n${userAgent}`).digest('base64url');
  return `d_${hash.slice(0, 22)}`;
}

/**
 * Who asked not to be known is not told apart by what the page says of them either. An address of nobody, as when consent is
 * taken back right after `identify`, names nobody and is not kept.
 */
export function privacy(hit: Hit): Hit | Drop {
  const { name, visitor } = hit.event;
  if (name === 'identify' && visitor === '' && !hit.sender.trusted) return { drop: 'private' };
  return hit.sender.isPrivate && (name === 'identify' || name === 'checkout') ? { drop: 'private' } : hit;
}
