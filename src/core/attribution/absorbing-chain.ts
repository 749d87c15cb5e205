/**
 * Which share of all conversions passes through each group of states, in a chain that ends in conversion or in nothing.
 *
 * Solved by elimination: a state is taken out by leading what enters it straight on to where it leads. Weights are counts,
 * rows are never normalised, and a state's loop on itself is dropped instead of subtracted from one (Grassmann, Taksar and
 * Heyman). So nothing is ever subtracted, no digits cancel, and the answer is right to the last few bits, whatever the chain.
 */
export interface ChainWeights {
  /** Row-major, size × (size + 2). Row 0 is the start; the last two columns are conversion and nothing. */
  weights: Float64Array;
  /** The start and all states. */
  size: number;
}

/** What a solution costs, in cells that are looked at: the same for the same chain on every machine. */
export interface Work {
  cells: number;
}

/**
 * Per group: the part of conversions that passes through a state of it. That is its removal effect: with the ways into
 * the group leading to nothing, exactly these conversions are lost.
 *
 * To find it for one group all other states are taken out. Halving the groups shares that work: with the right half taken
 * out the left one is solved, and the other way round, so that all groups together cost about as much as one.
 *
 * @param groups positions of states (1 to size − 1), disjoint, all of them
 */
export function passingShares(chain: ChainWeights, groups: readonly (readonly number[])[], work: Work): number[] {
  if (groups.length === 0) return [];
  if (groups.length === 1) return [passingShare(chain, work)];
  const half = halfOf(groups);
  const keeping = (kept: readonly (readonly number[])[], gone: readonly (readonly number[])[]) => {
    const { chain: smaller, positions } = without(chain, gone.flat(), work);
    return passingShares(
      smaller,
      kept.map((group) => group.map((state) => positions[state]!)),
      work,
    );
  };
  const [left, right] = [groups.slice(0, half), groups.slice(half)];
  return [...keeping(left, right), ...keeping(right, left)];
}

/** How many of the groups make about half of the states; at least one, and not all. */
function halfOf(groups: readonly (readonly number[])[]): number {
  const states = groups.reduce((sum, group) => sum + group.length, 0);
  let count = 0;
  let taken = 0;
  while (count < groups.length - 1 && (count === 0 || taken + groups[count]!.length <= states / 2)) {
    taken += groups[count]!.length;
    count += 1;
  }
  return count;
}

/** All states that are left belong to the group: what the start leads to at once passes by it. */
function passingShare(chain: ChainWeights, work: Work): number {
  const { size } = chain;
  const weights = chain.weights.slice();
  const passingBy = weights[size]!;
  weights[size] = 0;
  for (let state = size - 1; state > 0; state -= 1) eliminate({ weights, size }, state, state, work);
  const passing = weights[size]!;
  return passing === 0 ? 0 : passing / (passing + passingBy);
}

/** The chain without some states, and where the others stand now. */
function without(
  chain: ChainWeights,
  gone: readonly number[],
  work: Work,
): { chain: ChainWeights; positions: number[] } {
  const { size } = chain;
  const goes = new Set(gone);
  // Those that stay first, those that go last: eliminating from the end never looks at what is gone.
  const order = [...Array.from({ length: size }, (_, state) => state).filter((state) => !goes.has(state)), ...gone];
  const positions = Array.from({ length: size }, () => -1);
  for (const [position, state] of order.entries()) positions[state] = position;
  const sorted = { weights: reordered(chain, [...order, size, size + 1]), size };
  const kept = size - gone.length;
  for (let state = size - 1; state >= kept; state -= 1) eliminate(sorted, state, state, work);
  const columns = [...Array.from({ length: kept }, (_, state) => state), size, size + 1];
  return { chain: { weights: reordered(sorted, columns), size: kept }, positions };
}

/** Rows and columns in another order; the last two of the columns are no rows. */
function reordered({ weights, size }: ChainWeights, columns: readonly number[]): Float64Array {
  const width = columns.length;
  const rows = width - 2;
  const moved = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const from = columns[row]! * (size + 2);
    for (let column = 0; column < width; column += 1) moved[row * width + column] = weights[from + columns[column]!]!;
  }
  return moved;
}

/** Takes out one state; states from `end` on are gone already. */
function eliminate({ weights, size }: ChainWeights, state: number, end: number, work: Work): void {
  const width = size + 2;
  const row = state * width;
  const leads = new Int32Array(end + 2);
  let count = 0;
  let total = 0;
  for (let to = 0; to < width; to += 1) {
    if (to === end) to = size;
    const weight = weights[row + to]!;
    if (weight === 0) continue;
    leads[count] = to;
    count += 1;
    total += weight;
  }
  work.cells += width + end;
  if (total === 0) return;
  for (let from = 0; from < end; from += 1) {
    const into = from * width;
    const entering = weights[into + state]!;
    if (entering === 0) continue;
    const factor = entering / total;
    work.cells += count;
    for (let index = 0; index < count; index += 1) {
      const to = leads[index]!;
      weights[into + to] = weights[into + to]! + factor * weights[row + to]!;
    }
  }
}
