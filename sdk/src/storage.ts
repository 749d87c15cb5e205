/** What a page or a browser gave us: nothing is known of it. */
export type Given = ReturnType<typeof JSON.parse>;

/** Does it, or gives undefined when the browser refuses: storage may be blocked, full or forbidden in a sandboxed frame. */
export const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {}
};

declare global {
  /** Of the build (sdk/build.ts). true: hw-cookieless.js, which stores nothing but what its visitor says of consent. */
  const COOKIELESS: boolean;
}

/** `localStorage`, or an object that lives as long as the page. Only writing may still throw, when the disk is full. */
export const disk: Record<string, unknown> = attempt(() => localStorage) || {};

/** A random UUID. `crypto.randomUUID` is missing on plain http pages; the name of an object URL is one, everywhere. */
export const uuid = () => URL.createObjectURL(new Blob()).slice(-36);
