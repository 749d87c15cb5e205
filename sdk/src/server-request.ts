import { idsOfCookies, idsOf, isId } from './visitor-ids.ts';
import type { VisitorIds } from './visitor-ids.ts';

interface Named {
  get(name: string): string | { value: string } | null | undefined;
}

/**
 * Whatever a server holds of a visitor: a fetch-style `Request` (Next.js, Remix, SvelteKit, Astro, Hono's `c.req.raw`),
 * a request of Node (Express, Fastify, http), `Headers`, the cookie store of a framework (Next.js' `await cookies()`,
 * SvelteKit's and Astro's `cookies`), or ids that were stored with a user at sign-up.
 */
export type VisitorSource =
  | { headers: Named | Record<string, string | string[] | undefined> }
  | Named
  | { visitor: string | null | undefined; session?: string | null | undefined };

/** The ids of a source; a value that is none is left out, never passed on. */
export function visitorOf(source: VisitorSource): VisitorIds {
  if ('visitor' in source) {
    return {
      visitor: isId(source.visitor) ? source.visitor : null,
      session: isId(source.session) ? source.session : null,
    };
  }
  if ('headers' in source) return idsOfCookies(headerOf(source, 'cookie'));
  // `Headers` can be appended to, cookie stores cannot: one of them may well hold a cookie that is called "cookie".
  if ('append' in source) return idsOfCookies(textOf(source.get('cookie')) ?? '');
  return idsOf((name) => textOf(source.get(name)));
}

/** A header of a request, '' where there is none or the source is no request. */
export function headerOf(source: VisitorSource, name: string): string {
  if (!('headers' in source)) return '';
  const { headers } = source;
  const value = isNamed(headers) ? textOf(headers.get(name)) : headers[name];
  return [value ?? ''].flat().join('; ');
}

const isNamed = (headers: object): headers is Named => typeof (headers as Partial<Named>).get === 'function';
const textOf = (value: ReturnType<Named['get']>) => (typeof value === 'object' ? value?.value : value);
