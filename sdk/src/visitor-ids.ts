/** Which cookies hold a visitor's ids, wherever they are read. Ours first; those of the products switched from are adopted. */
const PRODUCTS = ['hw', 'attribu', 'zori'] as const;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
export const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);

/** Who a request or a page is of. null: nobody has told (no cookie yet, or no consent). */
export interface VisitorIds {
  visitor: string | null;
  session: string | null;
}

/** @param read the value of a cookie, as the browser stores it */
export function idsOf(read: (name: string) => string | null | undefined): VisitorIds {
  const first = (kind: 'visitor' | 'session') =>
    PRODUCTS.map((product) => read(`${product}_${kind}_id`)).find(isId) ?? null;
  return { visitor: first('visitor'), session: first('session') };
}

/** The same from a Cookie header, or from `document.cookie`. Of two cookies of one name the browser's first counts. */
export function idsOfCookies(header: string): VisitorIds {
  const pairs = header.split(';').map((pair) => pair.trim());
  return idsOf((name) => pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1));
}
