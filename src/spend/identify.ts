import { createHash } from 'node:crypto';
import type { SpendLine, SpendPlatform } from '../core/spend.ts';
import type { CampaignIdentity } from '../storage/records/records-spend.ts';
import type { GroupedLine } from './group.ts';
import type { NamedLine } from './read-line.ts';

/**
 * Which campaign a line is about, over all imports: so that the same days exported another way (with ids or without, with
 * the account's column or without, under a new name) take the place of what was there and do not come beside it.
 * By the platform's id where both have one, else by name; an account that a file does not tell fits any.
 */
export interface IdentifiedLine {
  key: string;
  line: number;
  spend: SpendLine;
}

type Named = Omit<CampaignIdentity, 'key'>;

export function identify(
  platform: SpendPlatform,
  lines: readonly GroupedLine[],
  known: readonly CampaignIdentity[],
): { lines: IdentifiedLine[]; rejected: NamedLine[] } {
  if (platform === 'own') return { lines: lines.map((it) => ({ ...it, key: ownKey(it.spend) })), rejected: [] };
  const names = new Map(lines.map(({ spend }) => [nameOf(spend), spend]));
  const keys = keysOf(platform, [...names.values()], known);
  const answer: { lines: IdentifiedLine[]; rejected: NamedLine[] } = { lines: [], rejected: [] };
  for (const { line, spend } of lines) {
    const key = keys.get(nameOf(spend)) ?? null;
    if (key !== null) answer.lines.push({ key, line, spend });
    else {
      answer.rejected.push({ line, reason: whyUnclear(spend, known) });
    }
  }
  return answer;
}

/** More than one campaign of this name is known: of several accounts, or of one, where only the id tells them apart. */
function whyUnclear(spend: SpendLine, known: readonly CampaignIdentity[]): string {
  const name = `"${spend.campaign.slice(0, 60)}"`;
  const alike = known.filter((one) => one.campaign === spend.campaign && isAccount(one, spend));
  const isOneAccount =
    spend.account !== '' ||
    [...Map.groupBy(alike, ({ account }) => account).values()].some(
      (all) => new Set(all.map(({ key }) => key)).size > 1,
    );
  return isOneAccount && spend.campaignId === ''
    ? `several campaigns are called ${name}; export with the column Campaign ID`
    : `several accounts have a campaign ${name}; export with the account's column, or say the account`;
}

/** An id stays when a campaign gets another name. */
const nameOf = ({ account, campaignId, campaign }: Named) =>
  JSON.stringify([account, campaignId, campaignId === '' ? campaign : '']);

/** Name → key; null: more than one campaign could be meant. */
function keysOf(
  platform: SpendPlatform,
  names: readonly Named[],
  known: readonly CampaignIdentity[],
): Map<string, string | null> {
  const byName = Map.groupBy(known, (one) => one.campaign);
  const byId = Map.groupBy(known, (one) => one.campaignId);
  const idsOf = Map.groupBy(known, (one) => one.key);
  const keys = new Map<string, string | null>();
  const taken = new Set<string>();
  const take = (name: Named, found: CampaignIdentity | undefined) => {
    if (!found || keys.has(nameOf(name)) || taken.has(found.key)) return;
    taken.add(found.key);
    keys.set(nameOf(name), found.key);
  };
  // The surest first, for all names, so that none is taken by a looser match of another.
  for (const name of names) {
    const alike = name.campaignId === '' ? byName.get(name.campaign) : byId.get(name.campaignId);
    take(
      name,
      alike?.find((one) => nameOf(one) === nameOf(name)),
    );
  }
  for (const name of names) {
    if (name.campaignId !== '')
      take(
        name,
        byId.get(name.campaignId)?.find((one) => isAccount(one, name)),
      );
  }
  for (const name of names) {
    if (keys.has(nameOf(name))) continue;
    const fits = (byName.get(name.campaign) ?? []).filter(
      (one) => isAccount(one, name) && idsOf.get(one.key)!.every((other) => isId(other, name)) && !taken.has(one.key),
    );
    const candidates = new Set(fits.map((one) => one.key));
    if (candidates.size > 1) keys.set(nameOf(name), null);
    else take(name, fits[0]);
  }
  for (const name of names) {
    if (!keys.has(nameOf(name))) keys.set(nameOf(name), freshKey([platform, nameOf(name)]));
  }
  return keys;
}

const isAccount = (a: Named, b: Named) => a.account === b.account || a.account === '' || b.account === '';
const isId = (a: Named, b: Named) => a.campaignId === b.campaignId || a.campaignId === '' || b.campaignId === '';

/** Our own layout names what visitors arrive with: that is the campaign. */
const ownKey = ({ account, source, medium, campaign }: SpendLine) =>
  freshKey(['own', account, source, medium, campaign]);

function freshKey(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
