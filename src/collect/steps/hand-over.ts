import { plainHost } from '../../core/acquisition-host.ts';
import { type HandOverRefusal, readHandOver } from '../../core/hand-over.ts';
import type { Sign } from '../../core/keyed-text.ts';
import { HAND_OVER_PARAMETER } from '../../../sdk/src/protocol.ts';
import { createRecent } from '../recent.ts';
import type { Hit } from './hit.ts';
import { HAND_OVER_PROP } from './props.ts';

/** More than this many within the two minutes of one: the oldest could be used by a second visitor. */
const USED_MAX = 20_000;

/**
 * Reads the hand-over in the address of a page view and notes with the event which visitor came from the other domain; the
 * drainer makes a link of it. One that is not valid is ignored and counted: it takes nothing away from the hit. A
 * hand-over serves the first visitor that brings it, so that an address which is passed on joins nobody.
 */
export function createHandOverTaker(deps: {
  sign: Sign;
  now: () => number;
  onTaken: (result: 'taken' | HandOverRefusal) => void;
}): (hit: Hit) => Hit {
  const { sign, now, onTaken } = deps;
  const usedBy = createRecent<string>(USED_MAX);

  function read({ event }: Hit, token: string): { from: string } | { refused: HandOverRefusal } {
    if (event.visitor === '') return { refused: 'no_visitor' };
    const given = readHandOver(token, { site: event.site, host: plainHost(event.hostname), now: now() }, sign);
    if ('refused' in given) return given;
    const owner = usedBy.get(given.nonce) ?? event.visitor;
    if (owner !== event.visitor) return { refused: 'used' };
    usedBy.set(given.nonce, owner);
    return { from: given.visitor };
  }

  return (hit) => {
    const { event, wire } = hit;
    if (event.name !== 'pageview' || typeof wire.url !== 'string' || !wire.url.includes(`${HAND_OVER_PARAMETER}=`)) {
      return hit;
    }
    const token = URL.parse(wire.url)?.searchParams.get(HAND_OVER_PARAMETER) ?? '';
    if (token === '') return hit;
    const given = read(hit, token);
    onTaken('refused' in given ? given.refused : 'taken');
    if ('from' in given && given.from !== event.visitor) event.props[HAND_OVER_PROP] = given.from;
    return hit;
  };
}
