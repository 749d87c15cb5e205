/** A parsed body or query: Stripe's API is form-encoded with brackets (`a[b][0]=c`, `expand[]=d`). */
export type FormValue = string | FormValue[] | Form;
export interface Form {
  [name: string]: FormValue;
}

const MAX_DEPTH = 8;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws RangeError when keys are nested deeper than Stripe's API ever asks for */
export function parseForm(text: string): Form {
  const root: Form = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const path = key.split('[').map((part, index) => (index === 0 ? part : part.replace(/\]$/, '')));
    if (path.length > MAX_DEPTH) throw new RangeError(`parameter ${key.slice(0, 100)} is nested too deep`);
    if (path.some((part) => FORBIDDEN.has(part))) continue;
    put(root, path, value);
  }
  return arrays(root) as Form;
}

function put(form: Form, path: readonly string[], value: string): void {
  let node = form;
  for (const part of path.slice(0, -1)) {
    const next = node[part];
    // `a=1&a[b]=2` names two shapes; the later wins, as nothing sends it.
    node = typeof next === 'object' && !Array.isArray(next) ? next : ((node[part] = {}) as Form);
  }
  const last = path.at(-1)!;
  node[last === '' ? String(Object.keys(node).length) : last] = value;
}

/** Objects whose keys are 0, 1, 2… become arrays. */
function arrays(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key, index) => key === String(index))) {
    return keys.map((key) => arrays(value[key]!));
  }
  return Object.fromEntries(keys.map((key) => [key, arrays(value[key]!)]));
}

export function textOf(value: FormValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function formOf(value: FormValue | undefined): Form {
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function listOfForms(value: FormValue | undefined): Form[] {
  return Array.isArray(value) ? value.map(formOf) : [];
}

export function textsOf(value: FormValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
