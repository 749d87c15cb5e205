/**
 * Remembers answers for keys used lately: at most `max`, at least the `max / 2` used last. Two maps that take turns,
 * because moving an entry at each look-up costs more than most of the answers that are kept here.
 */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** Longer keys come from few and would fill the memory: they are not kept. */
const KEY_CHARS_MAX = 2000;

export function createRecent<V>(max: number): Recent<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();

  function set(key: string, value: V): void {
    if (key.length > KEY_CHARS_MAX) return;
    if (young.size >= max >> 1) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
  };
}
