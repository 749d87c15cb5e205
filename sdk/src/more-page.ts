import type { Given } from './storage.ts';

/** The pixel's commands and its tag, as the second script sees them. */
export interface Commands {
  track(name: string, props?: Record<string, unknown>): void;
  getVisitorId(): Promise<string | null | undefined>;
  getSessionId(): Promise<string | null | undefined>;
  setConsent(given: unknown): void;
  hasConsent?(): boolean;
  push(command: [name: string, ...args: unknown[]]): void;
}

export const page = window as unknown as Window & Record<string, Given>;
export const pixel: Commands = page.headwater;
/** Our tag: the one that was served from where this script was. Others have a `data-site` too (Fathom's). */
const tags = [...document.querySelectorAll<HTMLScriptElement>('script[data-site]')];
const here = new URL('.', import.meta.url).href;
export const script = tags.find(({ src }) => src.startsWith(here)) ?? tags[0];
export const tag = script?.dataset ?? {};

/** Whether `data-more` names the feature. */
export const wants = (feature: string) => (tag.more ?? '').split(/[\s,]+/).includes(feature);

/** Calls `changed` after each change of the address by the page itself, and `before` ahead of it. */
export const followAddress = (before: () => void, changed: () => void) => {
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method].bind(history);
    history[method] = (...args) => {
      before();
      original(...args);
      changed();
    };
  }
  addEventListener('popstate', changed);
};
