/** An order of values that has nothing to do with how they came: for lists that are compared as JSON. */
export const byJson = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const texts = new WeakMap<object, string>();

/** A value as JSON. Written out once: for values that never change and are stored in several places. */
export function jsonTextOf(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}
