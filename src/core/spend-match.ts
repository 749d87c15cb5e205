/** How visitors of a campaign might be tagged, where none arrives with the campaign's own name. */
export interface SeenOrigin {
  source: string;
  medium: string;
  campaign: string;
  visitors: number;
}

const LIKE_ENOUGH = 0.45;
const SUGGESTIONS = 3;

interface Candidate extends SeenOrigin {
  plain: string;
  pairs: ReadonlySet<string>;
}

/** @param seen what visitors arrived with, as reports name it */
export function createSuggestions(
  seen: readonly SeenOrigin[],
): (campaign: { campaign: string; campaignId: string; source: string; medium: string }) => SeenOrigin[] {
  const candidates: Candidate[] = seen.map((one) => {
    const plain = plainName(one.campaign);
    return { ...one, plain, pairs: pairsOf(plain) };
  });
  return ({ campaign, campaignId, source, medium }) => {
    const plain = plainName(campaign);
    const pairs = pairsOf(plain);
    return candidates
      .map((one) => ({ one, likeness: likenessOf(one, { plain, pairs, campaignId, source, medium }) }))
      .filter(({ likeness }) => likeness >= LIKE_ENOUGH)
      .sort(
        (a, b) =>
          b.likeness - a.likeness || b.one.visitors - a.one.visitors || (a.one.campaign < b.one.campaign ? -1 : 1),
      )
      .slice(0, SUGGESTIONS)
      .map(({ one: { plain: _plain, pairs: _pairs, ...origin } }) => origin);
  };
}

interface Wanted {
  plain: string;
  pairs: ReadonlySet<string>;
  campaignId: string;
  source: string;
  medium: string;
}

/** 0 to about 1: the campaign's id, its name written otherwise, a part of it, or much the same letters. */
function likenessOf(one: Candidate, { plain, pairs, campaignId, source, medium }: Wanted): number {
  const bonus = one.source === source ? 0.1 : 0;
  if (campaignId !== '' && one.campaign === campaignId) return 1 + bonus;
  // Ads that the platform tags itself bring visitors without a campaign: offered last. Of another medium they are others:
  // whoever came by google / organic did not click an ad.
  if (one.campaign === '(none)') return one.source === source && one.medium === medium ? LIKE_ENOUGH : 0;
  if (one.plain === '' || plain === '') return 0;
  if (one.plain === plain) return 0.95 + bonus;
  const [short, long] = one.plain.length < plain.length ? [one.plain, plain] : [plain, one.plain];
  const part = short.length >= 4 && long.includes(short) ? 0.6 : 0;
  let shared = 0;
  for (const pair of pairs) if (one.pairs.has(pair)) shared += 1;
  const alike = pairs.size + one.pairs.size === 0 ? 0 : (2 * shared) / (pairs.size + one.pairs.size);
  const likeness = Math.max(part, alike);
  return likeness === 0 ? 0 : likeness * 0.9 + bonus;
}

/** Case and what stands between words are written differently everywhere. */
function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

function pairsOf(plain: string): Set<string> {
  const pairs = new Set<string>();
  for (let at = 0; at + 1 < plain.length; at += 1) pairs.add(plain.slice(at, at + 2));
  return pairs;
}
