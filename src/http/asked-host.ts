import type { IncomingMessage } from 'node:http';

/**
 * The host the browser asked: the one a proxy that is believed names, else the one this request names. '' for none.
 *
 * @param isTrusted whether the request's nearest sender is a proxy that is believed
 */
export function askedHost({ headers }: Pick<IncomingMessage, 'headers'>, isTrusted: boolean): string {
  const forwarded = isTrusted ? [headers['x-forwarded-host'] ?? ''].flat().join(',') : '';
  // The last was written by the proxy that is nearest to us; what stands before it may be the client's own invention.
  const last = forwarded.split(',').at(-1)!.trim();
  return (last === '' ? (headers.host ?? '') : last).slice(0, 260);
}
