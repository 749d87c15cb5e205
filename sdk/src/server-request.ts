import { idsOfCookies, idsOf, isId } from './visitor-ids.ts';
import type { VisitorIds } from './visitor-ids.ts';

interface Named {
  get(name: string): string | { value: string } | null | undefined;
}

/**
 * Whatever a server holds of a visitor: a fetch-style `Request` (Next.js, Remix, SvelteKit, Astro, Hono's `c.req.raw`),
 * a request of Node (Express, NestJS, Fastify, http), Koa's context, an event of AWS Lambda, `Headers`, the cookie store of a framework (Next.js' `await cookies()`,
 * SvelteKit's and Astro's `cookies`), its cookies as an object (`req.cookies` of cookie-parser), or ids that were stored
 * with a user at sign-up.
 */
export type VisitorSource =
  | { headers: RequestHeaders }
  | Named
  | { visitor: string | null | undefined; session?: string | null | undefined }
  | { [cookie: string]: string | undefined };

/** The ids of a source; a value that is none is left out, never passed on. What is no source (JavaScript) is nobody. */
export function visitorOf(source: VisitorSource): VisitorIds {
  // First: `get` of Express' requests and of Koa's context reads any header, where a visitor could write an id as well.
  if (headersOf(source)) {
    // Lambda's events have their cookies in a list, and none in the headers.
    const { cookies: listed } = source as { cookies?: unknown };
    return idsOfCookies([headerOf(source, 'cookie'), ...(Array.isArray(listed) ? listed : [])].join(';'));
  }
  if (isNamed(source)) return idsOf((name) => textOf(source.get(name)));
  const given = Object(source) as Record<string, string>;
  // First: among cookies there may be one that is called "visitor".
  const cookies = idsOf((name) => given[name]);
  if (cookies.visitor) return cookies;
  const idIn = (name: string) => (isId(given[name]) ? given[name] : null);
  return { visitor: idIn('visitor'), session: idIn('session') };
}

/** A header of a request, '' where there is none or the source is no request. */
export function headerOf(source: VisitorSource, name: string): string {
  const headers = headersOf(source);
  // Lambda has names as they were sent, or as a proxy before it writes them: `Cookie`.
  const value = isNamed(headers)
    ? textOf(headers.get(name))
    : Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
  return [value ?? ''].flat().join('; ');
}

type RequestHeaders = Named | Record<string, string | string[] | undefined>;
/** null: the source is no request. Astro's cookie store has a method `headers`, and a cookie may be called so. */
function headersOf(source: VisitorSource): RequestHeaders | null {
  const headers: unknown = (source as { headers?: unknown } | null | undefined)?.headers;
  if (typeof headers === 'object') return headers as RequestHeaders | null;
  // `Headers` can be appended to, cookie stores cannot: one of them may well hold a cookie that is called "cookie".
  return isNamed(source) && 'append' in source ? source : null;
}

const isNamed = (it: unknown): it is Named => typeof (it as Partial<Named> | null | undefined)?.get === 'function';
const textOf = (value: ReturnType<Named['get']>) => (typeof value === 'object' ? value?.value : value) ?? '';
