import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { ChannelPath, DataDrivenModel, DataDrivenShares, Refusal } from '../core/attribution/data-driven.ts';
import type { MarkovOrder } from '../core/attribution/markov.ts';

export interface Problem {
  model: DataDrivenModel;
  paths: readonly ChannelPath[];
  order: MarkovOrder;
  seed: number;
}

/** The question takes longer than anybody waits; the message says what to do. */
export class SolverTooSlow extends Error {
  override name = 'SolverTooSlow';
}
/** Others are being solved; ask again. */
export class SolverBusy extends Error {
  override name = 'SolverBusy';
}

const TIMEOUT_MS = 20_000;
const MEMORY_MB = 512;
const UNDER_WAY_MAX = 1;
const WAITING_MAX = 4;
/** Of the last problems, so that a page that asks again, for its totals or by another dimension, is answered at once. */
const KEPT_MAX = 8;

/** Solves data-driven models on a thread of its own, one at a time: requests are answered meanwhile. */
export function createSolver(options: { timeoutMs?: number } = {}) {
  const { timeoutMs = TIMEOUT_MS } = options;
  let underWay = 0;
  const waiting: (() => void)[] = [];
  const kept = new Map<string, Promise<DataDrivenShares | Refusal>>();

  async function inTurn(problem: Problem): Promise<DataDrivenShares | Refusal> {
    if (waiting.length >= WAITING_MAX) throw new SolverBusy('other models are being solved; ask again in a moment');
    if (underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
    else underWay += 1;
    try {
      return await solveApart(problem, timeoutMs);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  }

  return async (problem: Problem): Promise<DataDrivenShares | Refusal> => {
    const key = createHash('sha256').update(JSON.stringify(problem)).digest('base64');
    const known = kept.get(key);
    if (known) return known;
    const answer = inTurn(problem);
    kept.set(key, answer);
    answer.catch(() => kept.delete(key));
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
    return answer;
  };
}

export type Solver = ReturnType<typeof createSolver>;

function solveApart(problem: Problem, timeoutMs: number): Promise<DataDrivenShares | Refusal> {
  const worker = new Worker(new URL('./solver-worker.ts', import.meta.url), {
    workerData: problem,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  worker.unref();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new SolverTooSlow(tooSlow(problem)));
      void worker.terminate();
    }, timeoutMs);
    worker.once('message', resolve);
    worker.once('error', (error: NodeJS.ErrnoException) => {
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(isMemory ? new SolverTooSlow(tooSlow(problem)) : error);
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new Error('the thread that solves models ended without an answer'));
    });
  });
}

function tooSlow({ model, order, paths }: Problem): string {
  const what = model === 'markov' ? `markov of order ${order}` : model;
  return `${what} over ${paths.length} different paths takes too long; choose fewer days, a lower order, or repeats=collapse`;
}
