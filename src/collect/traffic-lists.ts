import { readFile } from 'node:fs/promises';
import { hostAndParents, plainHost } from '../core/acquisition-host.ts';
import { createNetworks, readNetwork } from '../core/networks.ts';

/** What the operator knows about traffic that is nobody's visit. Headwater ships no list: one that ages is wrong quietly. */
export interface TrafficLists {
  isDatacenter(address: string): boolean;
  isReferrerSpam(host: string): boolean;
}

export const NO_LISTS: TrafficLists = { isDatacenter: () => false, isReferrerSpam: () => false };

/** True when the host or one that it is below stands in the list. */
export function isListed(host: string, list: ReadonlySet<string>): boolean {
  if (list.size === 0 || host === '') return false;
  for (const name of hostAndParents(host)) if (list.has(name)) return true;
  return false;
}

/**
 * Reads the lists: one address range or one host a line, '#' begins a comment.
 *
 * @throws Error naming the file and the line that cannot be used: a list that does nothing would be noticed months later
 */
export async function readTrafficLists(paths: {
  datacenters: string | null;
  referrerSpam: string | null;
}): Promise<TrafficLists> {
  const ranges = await linesOf(paths.datacenters, 'an address or a range such as 192.0.2.0/24', readNetwork);
  const hosts = await linesOf(paths.referrerSpam, 'a host such as spam.example', (line) =>
    /^[a-z0-9._-]{1,253}$/.test(plainHost(line)) ? plainHost(line) : null,
  );
  const spam = new Set(hosts);
  return { isDatacenter: createNetworks(ranges).has, isReferrerSpam: (host) => isListed(host, spam) };
}

async function linesOf<T>(path: string | null, what: string, read: (line: string) => T | null): Promise<T[]> {
  if (path === null) return [];
  const text = await readFile(path, 'utf8');
  return text.split('\n').flatMap((line, index) => {
    const entry = line.replace(/#.*/, '').trim();
    if (entry === '') return [];
    const value = read(entry);
    if (value === null) throw new Error(`${path}, line ${index + 1}: "${entry.slice(0, 60)}" is not ${what}`);
    return [value];
  });
}
