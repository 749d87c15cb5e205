/**
 * `headwater-sdk/browser`: the pixel for code that is bundled. It loads the very script that a tag would load, so there is
 * one implementation of cookies, sessions, consent and delivery, and gives it types. Nothing runs on import, and on a
 * server every answer is null.
 */
import { idsOfCookies } from './visitor-ids.ts';

export interface HeadwaterOptions {
  /** Address of Headwater, or the path on your own domain that leads there: `https://stats.example.com`, `/hw`. */
  host: string;
  site: string;
  /** Further `data-…` attributes of the script, without `data-`: `{ consent: 'required', compat: 'zori' }`. */
  attributes?: Record<string, string>;
  /** Name of the script there. Default `hw.js`; a pinned version goes with its `integrity`. */
  script?: string;
  integrity?: string;
  /** Of the Content-Security-Policy. */
  nonce?: string;
}

/** Of an event: texts, numbers and the like. */
export type Props = object;
/** Whether, or by purpose: `{ analytics: true, marketing: false }`. Only analytics is asked for. */
export type Consent = boolean | Record<string, boolean>;

/** Nothing here throws or rejects: analytics must never break a page. */
export interface Headwater {
  /** For the metadata of Stripe's objects. null: blocked, opted out, no consent, or no browser. */
  getVisitorId(): Promise<string | null>;
  getSessionId(): Promise<string | null>;
  /** Resolves when the script has taken it, not when it was sent: it is kept until it could be. */
  track(name: string, props?: Props): Promise<void>;
  /** Says who the visitor is; `app_id` is your own id of the user. */
  identify(traits: Props): Promise<void>;
  setConsent(consent: Consent): Promise<void>;
  hasConsent(): Promise<boolean>;
  optOut(): Promise<void>;
}

/** What the script offers on the page. */
type Pixel = Record<string, ((...args: unknown[]) => unknown) | undefined>;
type Page = Window & { headwater?: Pixel };

/** Where the script is said to be missing: an ad blocker may hold a request without an answer. */
const LOADING_MAX_MS = 10_000;
/** The same, of a tag that stood in a page that is loaded. */
const LATE_MAX_MS = 2_000;
const LOADED = new WeakMap<Document, Promise<Pixel | null>>();

/**
 * Headwater on this page. The script is loaded once per page, whoever asks and however often; one that stands in the HTML
 * is used as it is. Page views, those of routers too, are sent by the script.
 *
 * @param options absent: only a script that stands in the HTML is used
 */
export function createHeadwater(options?: HeadwaterOptions): Headwater & { load(): void } {
  const load = async (): Promise<Pixel | null> => {
    try {
      return typeof document === 'undefined' ? null : await pixelOf(document, options);
    } catch {
      // A setting of the environment is missing (`host`), or a policy forbids scripts made by scripts.
      return null;
    }
  };
  async function call(name: string, ...args: unknown[]): Promise<unknown> {
    try {
      return await (await load())?.[name]?.(...args);
    } catch {
      return null;
    }
  }
  const idOr = async (name: string, kind: 'visitor' | 'session') => {
    if (typeof document === 'undefined') return null;
    const pixel = await load();
    // Where the script is blocked, the cookie of an earlier visit, or one that the server sets, still tells.
    if (!pixel) return idsOfCookies(document.cookie)[kind];
    return ((await call(name)) as string | null | undefined) || null;
  };
  const tell = async (name: string, ...args: unknown[]) => void (await call(name, ...args));
  return {
    load: () => void load(),
    getVisitorId: () => idOr('getVisitorId', 'visitor'),
    getSessionId: () => idOr('getSessionId', 'session'),
    track: (name, props) => tell('track', name, props),
    identify: (traits) => tell('identify', traits),
    setConsent: (consent) => tell('setConsent', typeof consent === 'object' ? consent['analytics'] === true : consent),
    // Without consent there is no visitor id; without cookies there is only what the visitor said.
    hasConsent: async () => (await idOr('getVisitorId', 'visitor')) !== null || saidYes(),
    optOut: () => tell('optOut'),
  };
}

function saidYes(): boolean {
  try {
    return Number(localStorage['hw_c']) > 0;
  } catch {
    return false;
  }
}

function pixelOf(page: Document, options: HeadwaterOptions | undefined): Promise<Pixel | null> {
  const known = LOADED.get(page);
  if (known) return known;
  const ready = present(page);
  if (ready) return Promise.resolve(ready);
  // By its name: tags of other products have a data-site too.
  const tags = [...page.querySelectorAll<HTMLScriptElement>('script[data-site]')];
  const inHtml = tags.find(({ src }) => /\/hw(-\w+)*\.js/.test(src));
  // Without options nothing is remembered: a provider further up may load the script a moment later.
  if (!inHtml && !options) return Promise.resolve(null);
  const isLoaded = inHtml !== undefined && page.readyState === 'complete';
  // It was asked for and has done nothing, as where it is blocked: its events are over, and a buyer waits at the pay button.
  if (isLoaded && page.defaultView!.performance.getEntriesByName(inHtml.src).length > 0) return Promise.resolve(null);
  const script = inHtml ?? scriptFor(page, options!);
  const loading = new Promise<Pixel | null>((resolve) => {
    const settle = () => {
      // The script runs but does nothing until the page is shown.
      if ((page as Document & { prerendering?: boolean }).prerendering) {
        page.addEventListener('prerenderingchange', settle, { once: true });
      } else resolve(present(page));
    };
    script.addEventListener('load', settle);
    script.addEventListener('error', settle);
    // Not all browsers tell of what was blocked.
    setTimeout(settle, isLoaded ? LATE_MAX_MS : LOADING_MAX_MS);
  });
  LOADED.set(page, loading);
  if (!inHtml) page.head.append(script);
  return loading;
}

/** Before the script has run there may be an array of waiting calls, which is no pixel. */
function present(page: Document): Pixel | null {
  const pixel = (page.defaultView as Page | null)?.headwater;
  return typeof pixel?.['getVisitorId'] === 'function' ? pixel : null;
}

function scriptFor(page: Document, { host, site, script = 'hw.js', attributes, integrity, nonce }: HeadwaterOptions) {
  const element = page.createElement('script');
  element.src = `${host.replace(/\/+$/, '')}/${script}`;
  element.async = true;
  if (nonce !== undefined) element.nonce = nonce;
  if (integrity !== undefined) {
    element.integrity = integrity;
    element.crossOrigin = 'anonymous';
  }
  for (const [name, value] of Object.entries({ ...attributes, site })) element.setAttribute(`data-${name}`, value);
  return element;
}
