/** Which cookies hold a visitor's ids, wherever they are read. Ours first; those of the products switched from are adopted. */
const PRODUCTS = ['hw', 'attribu', 'zori'] as const;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Who a request or a page is of. null: nobody has told (no cookie yet, or no consent). */
export interface VisitorIds {
  visitor: string | null;
  session: string | null;
}

/** @param read the value of a cookie, as the browser stores it */
export function idsOf(read: (name: string) => string | null | undefined): VisitorIds {
  const first = (kind: 'visitor' | 'session') =>
    PRODUCTS.map((product) => read(`${product}_${kind}_id`)).find((value) => value && ID.test(value)) ?? null;
  return { visitor: first('visitor'), session: first('session') };
}

/** The same from a Cookie header, or from `document.cookie`. Of two cookies of one name the browser's first counts. */
export function idsOfCookies(header: string): VisitorIds {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const [, name, value] = /^\s*([^=\s]+)=(.*?)\s*$/.exec(pair) ?? [];
    if (name !== undefined && !cookies.has(name)) cookies.set(name, value!);
  }
  return idsOf((name) => cookies.get(name));
}

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
