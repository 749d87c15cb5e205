const texts = new WeakMap<object, string>();

/** A value as JSON. Written out once: for values that never change and are stored in several places. */
export function jsonTextOf(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}
