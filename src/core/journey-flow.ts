import { OTHER } from './report.ts';
import { MORE } from './journey.ts';

/** What is left of labels that are not drawn for themselves. */
export const PURCHASE = '(purchase)';

export interface FlowPath {
  /** In time order, at most as many as the flow has steps; never empty. */
  labels: readonly string[];
  conversions: number;
  revenueMinor: number;
}
export interface FlowNode {
  /** `step:label`. */
  id: string;
  /** 0 is where paths begin; the purchase is one after the last. */
  step: number;
  label: string;
  conversions: number;
  revenueMinor: number;
}
export interface FlowLink {
  from: string;
  to: string;
  conversions: number;
  revenueMinor: number;
}
export interface Flow {
  nodes: FlowNode[];
  links: FlowLink[];
}

/**
 * Paths laid side by side: what flows from each step to the next, and from wherever a path ends to the purchase.
 * Invariant: what comes into a node is what goes out of it, the nodes of step 0 together are all paths, and so is the
 * purchase. Labels that are rare at their step are one node, "(other)".
 *
 * @param size.steps touchpoints that are shown before the purchase
 * @param size.nodes labels of one step that are told apart, "(other)" and "(more)" beside them
 */
export function flowOf(paths: readonly FlowPath[], size: { steps: number; nodes: number }): Flow {
  const named = namesByStep(paths, size);
  const nodes = new Map<string, FlowNode>();
  const links = new Map<string, FlowLink>();
  const pass = (step: number, label: string, path: FlowPath): string => {
    const id = `${step}:${label}`;
    const node = nodes.get(id) ?? { id, step, label, conversions: 0, revenueMinor: 0 };
    nodes.set(id, grown(node, path));
    return id;
  };
  for (const path of paths) {
    const ids = path.labels
      .slice(0, size.steps)
      .map((label, step) => pass(step, named[step]!.has(label) ? label : OTHER, path));
    ids.push(pass(size.steps, PURCHASE, path));
    for (const [index, to] of ids.slice(1).entries()) {
      const from = ids[index]!;
      const key = `${from}\0${to}`;
      links.set(key, grown(links.get(key) ?? { from, to, conversions: 0, revenueMinor: 0 }, path));
    }
  }
  return { nodes: [...nodes.values()].toSorted(byStep), links: [...links.values()] };
}

/** A step's most frequent labels. What is left out of a path is told wherever it is. */
function namesByStep(paths: readonly FlowPath[], { steps, nodes }: { steps: number; nodes: number }): Set<string>[] {
  return Array.from({ length: steps }, (_, step) => {
    const sums = new Map<string, number>();
    for (const { labels, conversions } of paths) {
      const label = labels[step];
      if (label !== undefined && label !== OTHER) sums.set(label, (sums.get(label) ?? 0) + conversions);
    }
    const ranked = [...sums]
      .filter(([label]) => label !== MORE)
      .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    return new Set([...ranked.slice(0, nodes).map(([label]) => label), MORE]);
  });
}

function grown<T extends { conversions: number; revenueMinor: number }>(sums: T, path: FlowPath): T {
  return {
    ...sums,
    conversions: sums.conversions + path.conversions,
    revenueMinor: sums.revenueMinor + path.revenueMinor,
  };
}

function byStep(a: FlowNode, b: FlowNode): number {
  const last = (node: FlowNode) => (node.label === OTHER ? 1 : 0);
  return a.step - b.step || last(a) - last(b) || b.conversions - a.conversions || (a.label < b.label ? -1 : 1);
}
