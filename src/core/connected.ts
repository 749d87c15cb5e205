import type { ProviderObject } from './payment.ts';
import { referencesOf } from './references.ts';

/**
 * Splits objects into groups that are connected by references, also through objects that are only named. What bears on a
 * charge is in its group (`gather` follows references only), so a fold need not look at the objects of all others.
 *
 * @returns id → the objects of its group; none for an id that nothing names
 */
export function connected(objects: readonly ProviderObject[]): (id: string) => readonly ProviderObject[] {
  const parents = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root)) {
      root = parent;
    }
    // Later questions along this way are then one step long.
    for (let at = id; at !== root;) {
      const next = parents.get(at)!;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  for (const object of objects) {
    if (!parents.has(object.id)) parents.set(object.id, object.id);
    for (const reference of referencesOf(object)) {
      if (!parents.has(reference)) parents.set(reference, reference);
      const [a, b] = [rootOf(object.id), rootOf(reference)];
      if (a !== b) parents.set(a, b);
    }
  }
  const groups = Map.groupBy(objects, (object) => rootOf(object.id));
  return (id) => groups.get(rootOf(id)) ?? [];
}
