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

/**
 * An address as some proxies write it ('192.0.2.1:49152', '[2001:db8::1]:443'), without its port: counted with it, each
 * connection would be somebody else, and a limit per address would limit nobody.
 */
function plainAddress(text: string): string | null {
  const [, bracketed, ipv4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  const address = bracketed ?? ipv4 ?? text;
  return isIP(address) === 0 ? null : address;
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
        const plain = plainAddress(before.trim());
        // What no proxy of sound mind writes says nothing: what came before it was no proxy's word either.
        if (plain === null) break;
        address = plain;
        if (!isTrusted(address)) break;
      }
      return address;
    },
  };
}
