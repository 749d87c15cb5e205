import { rowText } from './client.ts';

/** Cells without the brackets around them. */
export const inner = (cells: readonly unknown[]) => rowText(cells).slice(1, -1);

/** Written out once for each object: most of a row it shares with others of its payment or path. */
export function remembered<T extends object | null>(cellsOf: (value: T) => readonly unknown[]): (value: T) => string {
  const texts = new Map<T, string>();
  return (value) => {
    const known = texts.get(value);
    if (known !== undefined) return known;
    const text = inner(cellsOf(value));
    texts.set(value, text);
    return text;
  };
}
