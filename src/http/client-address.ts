import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const RANGES: Record<string, readonly string[]> = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

export interface ClientAddress {
  /** Whether what this address says in X-Forwarded-For is believed. */
  isTrusted(address: string): boolean;
  /** Where a request comes from, behind the proxies that are believed. */
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): string;
}

/** @param proxies addresses, ranges (10.0.0.0/8), or the names above */
export function createClientAddress(proxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const range of proxies.flatMap((proxy) => RANGES[proxy] ?? [proxy])) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => {
    const version = isIP(address);
    return version !== 0 && trusted.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };

  return {
    isTrusted,
    of({ headers, socket }) {
      let address = socket.remoteAddress ?? '';
      const forwarded = headers['x-forwarded-for'];
      if (forwarded === undefined || !isTrusted(address)) return address;
      // The last was written by the proxy that is nearest to us.
      for (const before of [forwarded].flat().join(',').split(',').reverse()) {
        if (before.trim() === '') continue;
        address = before.trim();
        if (!isTrusted(address)) break;
      }
      return address;
    },
  };
}
