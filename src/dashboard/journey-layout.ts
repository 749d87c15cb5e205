import type { FlowAnswer } from '../http/contract-journeys.ts';

type Measure = 'conversions' | 'revenue';
type FlowNode = FlowAnswer['nodes'][number];
type FlowLink = FlowAnswer['links'][number];

export interface PlacedNode extends FlowNode {
  x: number;
  y: number;
  height: number;
}
export interface PlacedLink extends FlowLink {
  key: string;
  width: number;
  /** An SVG path along the middle of the ribbon. */
  path: string;
}
export interface FlowLayout {
  nodes: PlacedNode[];
  links: PlacedLink[];
  height: number;
}

export const NODE_WIDTH = 10;
/** Room for two lines of a label. */
const GAP = 34;
const MIN_HEIGHT = 3;
const LABEL_BELOW = 22;

/** What passes a column: a node, or a link on its way to the purchase, which runs in the lane below the nodes. */
interface Slot {
  y: number;
}

/**
 * Places a flow in columns, left to right. What comes in is what goes out, so every column is as tall as the first: nodes
 * above, and below them, without a gap between, the paths that have ended and run on to the purchase.
 */
export function layoutFlow(
  flow: Pick<FlowAnswer, 'nodes' | 'links' | 'steps'>,
  width: number,
  measure: Measure,
): FlowLayout {
  const valueOf = (sums: FlowNode | FlowLink) => Math.max(0, sums[measure]);
  const { columns, links } = columnsOf(flow);
  const total = Math.max(...columns.map((nodes) => nodes.reduce((sum, node) => sum + valueOf(node), 0)), 1);
  const gaps = Math.max(...columns.map((nodes) => nodes.length)) * GAP;
  const thickness = Math.max(120, 260 - gaps / 4);
  const scale = (value: number) => (value / total) * thickness;
  const columnX = (column: number) => (column * (width - NODE_WIDTH)) / Math.max(1, columns.length - 1);

  const placed = new Map<string, PlacedNode>();
  const lanes = new Map<string, Slot>();
  const order = new Map(flow.nodes.map((node, index) => [node.id, index]));
  const columnOf = new Map(columns.flatMap((nodes, column) => nodes.map((node) => [node.id, column] as const)));
  let height = 0;
  for (const [column, nodes] of columns.entries()) {
    let y = 0;
    for (const node of nodes) {
      const tall = Math.max(MIN_HEIGHT, scale(valueOf(node)));
      placed.set(node.id, { ...node, x: columnX(column), y, height: tall });
      y += tall + GAP;
    }
    // Those that came last run highest: so lanes do not cross.
    const passing = links
      .filter((link) => columnOf.get(link.source)! < column && columnOf.get(link.target)! > column)
      .toSorted(
        (a, b) => columnOf.get(b.source)! - columnOf.get(a.source)! || order.get(a.source)! - order.get(b.source)!,
      );
    for (const link of passing) {
      lanes.set(`${column} ${keyOf(link)}`, { y });
      y += scale(valueOf(link));
    }
    height = Math.max(height, passing.length > 0 ? y : y - GAP);
  }

  const ports = portsOf(links, { placed, lanes, columnOf, thicknessOf: (link) => scale(valueOf(link)) });
  return {
    nodes: [...placed.values()],
    links: links.map((link) => {
      const ribbon = Math.max(1, scale(valueOf(link)));
      const [from, to] = [columnOf.get(link.source)!, columnOf.get(link.target)!];
      const stops = [{ x: columnX(from) + NODE_WIDTH, y: ports.get(`out ${keyOf(link)}`)! }];
      for (let column = from + 1; column < to; column += 1) {
        const y = lanes.get(`${column} ${keyOf(link)}`)!.y + ribbon / 2;
        stops.push({ x: columnX(column), y }, { x: columnX(column) + NODE_WIDTH, y });
      }
      stops.push({ x: columnX(to), y: ports.get(`in ${keyOf(link)}`)! });
      return { ...link, key: keyOf(link), width: ribbon, path: curveOf(stops) };
    }),
    // The label of the lowest node may be taller than the node.
    height: height + LABEL_BELOW,
  };
}

const keyOf = (link: FlowLink): string => `${link.source} → ${link.target}`;

/** Steps that no path has are no columns. */
function columnsOf({ nodes, links }: Pick<FlowAnswer, 'nodes' | 'links'>): {
  columns: FlowNode[][];
  links: readonly FlowLink[];
} {
  const steps = [...new Set(nodes.map((node) => node.step))].toSorted((a, b) => a - b);
  return { columns: steps.map((step) => nodes.filter((node) => node.step === step)), links };
}

/** Where ribbons leave and reach their nodes: side by side, in the order of what they lead to. */
function portsOf(
  links: readonly FlowLink[],
  {
    placed,
    lanes,
    columnOf,
    thicknessOf,
  }: {
    placed: ReadonlyMap<string, PlacedNode>;
    lanes: ReadonlyMap<string, Slot>;
    columnOf: ReadonlyMap<string, number>;
    thicknessOf: (link: FlowLink) => number;
  },
): Map<string, number> {
  const ports = new Map<string, number>();
  const slotAt = (link: FlowLink, column: number, end: string) =>
    lanes.get(`${column} ${keyOf(link)}`)?.y ?? placed.get(end)!.y;
  for (const [side, other] of [
    ['source', 'target'],
    ['target', 'source'],
  ] as const) {
    for (const [id, own] of Map.groupBy(links, (link) => link[side])) {
      const step = side === 'source' ? 1 : -1;
      const next = columnOf.get(id)! + step;
      let y = placed.get(id)!.y;
      for (const link of own.toSorted((a, b) => slotAt(a, next, a[other]) - slotAt(b, next, b[other]))) {
        ports.set(`${side === 'source' ? 'out' : 'in'} ${keyOf(link)}`, y + thicknessOf(link) / 2);
        y += thicknessOf(link);
      }
    }
  }
  return ports;
}

/** Between columns a curve, over them a straight line. */
function curveOf(stops: readonly { x: number; y: number }[]): string {
  const round = (value: number) => Math.round(value * 10) / 10;
  return stops
    .map(({ x, y }, index) => {
      const before = stops[index - 1];
      if (before === undefined) return `M${round(x)},${round(y)}`;
      if (before.y === y) return `L${round(x)},${round(y)}`;
      const middle = round((before.x + x) / 2);
      return `C${middle},${round(before.y)} ${middle},${round(y)} ${round(x)},${round(y)}`;
    })
    .join('');
}
