/** Addresses and ranges of addresses: '192.0.2.7', '10.0.0.0/8', '2001:db8::/32'. */

const PART = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${PART}\\.${PART}\\.${PART}\\.${PART}$`);
const IPV6_CHARS = /^[0-9a-f:.]{2,45}$/i;
/** IPv4 as IPv6 writes it, ::ffff:0:0/96: one address has one number, however it was written. */
const MAPPED = 0xffff_0000_0000n;

/** An address as a number of 128 bits; null for what is none. */
export function addressNumber(address: string): bigint | null {
  const ipv4 = IPV4.exec(address);
  if (ipv4) return MAPPED + BigInt(ipv4.slice(1).reduce((number, part) => number * 256 + Number(part), 0));
  if (!address.includes(':') || !IPV6_CHARS.test(address)) return null;
  const host = URL.parse(`http://[${address}]/`)?.hostname;
  if (host === undefined) return null;
  const [head = '', tail] = host.slice(1, -1).split('::');
  const groupsOf = (text: string) => text.split(':').filter((group) => group !== '');
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((number, group) => number * 65_536n + BigInt(`0x${group}`), 0n);
}

export interface Network {
  from: bigint;
  /** Included. */
  to: bigint;
}

/** null for what is neither an address nor a range. */
export function readNetwork(text: string): Network | null {
  const [address = '', bits, ...more] = text.trim().split('/');
  const number = addressNumber(address);
  if (number === null || more.length > 0) return null;
  if (bits === undefined) return { from: number, to: number };
  const bitsMax = address.includes(':') ? 128 : 32;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > bitsMax) return null;
  const free = BigInt(bitsMax - Number(bits));
  const from = (number >> free) << free;
  return { from, to: from + (1n << free) - 1n };
}

/** Answers in the logarithm of the number of ranges: cloud providers publish tens of thousands. */
export function createNetworks(networks: readonly Network[]): { has(address: string): boolean } {
  const merged: Network[] = [];
  for (const { from, to } of networks.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || from > last.to + 1n) merged.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return {
    has(address) {
      if (merged.length === 0) return false;
      const number = addressNumber(address);
      if (number === null) return false;
      let [low, high] = [0, merged.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (merged[middle]!.to < number) low = middle + 1;
        else high = middle;
      }
      return low < merged.length && merged[low]!.from <= number;
    },
  };
}
