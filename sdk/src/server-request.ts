import { idsOfCookies, idsOf, isId } from './visitor-ids.ts';
import type { VisitorIds } from './visitor-ids.ts';

interface Named {
  get(name: string): string | { value: string } | null | undefined;
}

/**
 * Whatever a server holds of a visitor: a fetch-style `Request` (Next.js, Remix, SvelteKit, Astro, Hono's `c.req.raw`),
 * a request of Node (Express, Fastify, http), `Headers`, the cookie store of a framework (Next.js' `await cookies()`,
 * SvelteKit's and Astro's `cookies`), its cookies as an object (`req.cookies` of cookie-parser), or ids that were stored
 * with a user at sign-up.
 */
export type VisitorSource =
  | { headers: Named | Record<string, string | string[] | undefined> }
  | Named
  | { visitor: string | null | undefined; session?: string | null | undefined }
  | { [cookie: string]: string | undefined };

/** The ids of a source; a value that is none is left out, never passed on. What is no source (JavaScript) is nobody. */
export function visitorOf(source: VisitorSource): VisitorIds {
  if (isNamed(source)) {
    // `Headers` can be appended to, cookie stores cannot: one of them may well hold a cookie that is called "cookie".
    return 'append' in source ? idsOfCookies(textOf(source.get('cookie'))) : idsOf((name) => textOf(source.get(name)));
  }
  const given = Object(source) as Record<string, string>;
  // First: among cookies there may be one that is called "visitor".
  const cookies = idsOf((name) => given[name]);
  if (cookies.visitor !== null) return cookies;
  const idIn = (name: string) => (isId(given[name]) ? given[name] : null);
  return 'visitor' in given
    ? { visitor: idIn('visitor'), session: idIn('session') }
    : idsOfCookies(headerOf(source, 'cookie'));
}

/** A header of a request, '' where there is none or the source is no request. */
export function headerOf(source: VisitorSource, name: string): string {
  const headers = (source as { headers?: Named | Record<string, string | string[]> } | null)?.headers;
  const value = isNamed(headers) ? textOf(headers.get(name)) : headers?.[name];
  return [value ?? ''].flat().join('; ');
}

const isNamed = (it: unknown): it is Named => typeof (it as Partial<Named> | null | undefined)?.get === 'function';
const textOf = (value: ReturnType<Named['get']>) => (typeof value === 'object' ? value?.value : value) ?? '';
