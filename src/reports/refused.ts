/** Ends the reading of a question: the parameter that is wrong, and why. */
export class Refused extends Error {
  readonly field: string;
  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

export function oneOf<T extends string>(value: string | undefined, field: string, names: readonly T[]): T | undefined {
  if (value === undefined || value === '') return undefined;
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Refused(field, `"${shorten(value)}" is not known; use ${names.join(', ')}`);
  return found;
}

export function listOf<T extends string>(
  value: string | undefined,
  field: string,
  names: readonly T[],
): T[] | undefined {
  if (value === undefined || value === '') return undefined;
  return [...new Set(value.split(',').map((name) => oneOf(name.trim() || '(empty)', field, names)!))];
}

export function shorten(value: string): string {
  return value.length > 64 ? `${value.slice(0, 64)}…` : value;
}
