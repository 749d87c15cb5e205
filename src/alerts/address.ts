import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';

/**
 * Where a webhook may go: anywhere but into the network that this program itself stands in. A person who may set an
 * address must not read, through it, what only this machine can reach (cloud metadata, databases, the neighbour's admin).
 */
export class AddressRefused extends Error {
  override name = 'AddressRefused';
}

const URL_MAX = 2_000;

const refused = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  refused.addSubnet(net, bits, 'ipv4');
}
/** Of IPv6 only global unicast is allowed, and of that no net that leads into IPv4 or is for documents. */
const allowed6 = new BlockList();
allowed6.addSubnet('2000::', 3, 'ipv6');
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  refused.addSubnet(net, bits, 'ipv6');
}

/** True for addresses of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refused.check(address, 'ipv4');
  return family === 6 && allowed6.check(address, 'ipv6') && !refused.check(address, 'ipv6');
}

/** Which addresses webhooks may go to; tests allow their own. */
export interface AddressRule {
  protocols: readonly string[];
  isAllowed(address: string): boolean;
  resolve?: (host: string) => Promise<string[]>;
}
export const PUBLIC_ONLY: AddressRule = { protocols: ['https:'], isAllowed: isPublicAddress };

/** @throws AddressRefused with a sentence for people, without the address's path or query */
export function readAddress(text: string, rule: AddressRule): URL {
  if (text.length > URL_MAX || !URL.canParse(text))
    throw new AddressRefused('is not an address; write it with https://');
  const url = new URL(text);
  if (!rule.protocols.includes(url.protocol)) throw new AddressRefused('must begin with https://');
  if (url.username !== '' || url.password !== '') throw new AddressRefused('must not hold a user name or password');
  const host = hostOf(url);
  if (isIP(host) !== 0 && !rule.isAllowed(host)) throw new AddressRefused(into(host));
  if (/(^|\.)(localhost|local|internal|home\.arpa)$/i.test(host) && !rule.isAllowed(host))
    throw new AddressRefused(into(host));
  url.hash = '';
  return url;
}

/** Also asks DNS, as when it is saved. When it is sent, `guardedLookup` asks again. @throws AddressRefused */
export async function checkAddress(text: string, rule: AddressRule): Promise<URL> {
  const url = readAddress(text, rule);
  const host = hostOf(url);
  if (isIP(host) !== 0) return url;
  const resolve = rule.resolve ?? ((name) => resolveAll(name).then((found) => found.map(({ address }) => address)));
  const found = await resolve(host).catch(() => []);
  if (found.length === 0) throw new AddressRefused(`${host} is not known to DNS`);
  if (!found.every((address) => rule.isAllowed(address))) throw new AddressRefused(into(host));
  return url;
}

/**
 * For the socket itself: what it connects to is what was checked here, so a name that answers something else a moment
 * later gains nothing. One forbidden address among several refuses all.
 */
export function guardedLookup(rule: AddressRule): LookupFunction {
  return (host, options, callback) => {
    const fail = (error: Error) => callback(error as NodeJS.ErrnoException, '', 0);
    const answer = (found: LookupAddress[]) => {
      if (found.length === 0 || !found.every(({ address }) => rule.isAllowed(address))) {
        return fail(new AddressRefused(into(host)));
      }
      if (options.all) return (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, found);
      callback(null, found[0]!.address, found[0]!.family);
    };
    const asked = rule.resolve
      ? rule.resolve(host).then((found) => found.map((address) => ({ address, family: isIP(address) })))
      : resolveAll(host);
    asked.then(answer, fail);
  };
}

function resolveAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, verbatim: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });
}

/** IPv6 literals stand in brackets, and a name may end in a dot. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

const into = (host: string) => `${host} is an address of a private network; give one of the public internet`;
