import type { Records } from '../storage/records/records.ts';

/** A longer transaction would keep other writers waiting for longer than a commit costs. */
const TOGETHER_MAX = 50;

interface Waiting {
  order: string;
  run(tx: Records): Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Runs the works of a moment in one transaction: a commit waits for the disk, once for one of them or for fifty. One that
 * fails takes nothing with it: the works are then repeated, each in a transaction of its own.
 *
 * @returns a function of the work and of what it writes: works of one transaction run in that order, because two
 *   transactions that write the same rows in two orders would wait for each other (PostgreSQL). Resolves after the commit.
 */
export function createTogether(records: Pick<Records, 'transaction'>) {
  let waiting: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, TOGETHER_MAX).sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
      waiting = waiting.slice(TOGETHER_MAX);
      if (!(await ranTogether(group))) await Promise.all(group.map(runAlone));
    }
    running = false;
  }

  async function ranTogether(group: readonly Waiting[]): Promise<boolean> {
    if (group.length === 1) return false;
    try {
      await records.transaction(async (tx) => {
        for (const work of group) await work.run(tx);
      });
    } catch {
      return false;
    }
    for (const work of group) work.resolve();
    return true;
  }

  async function runAlone(work: Waiting): Promise<void> {
    try {
      await records.transaction((tx) => work.run(tx));
      work.resolve();
    } catch (error) {
      work.reject(error);
    }
  }

  return function together<T>(order: string, work: (tx: Records) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      waiting.push({
        order,
        run: async (tx) => {
          result = await work(tx);
        },
        resolve: () => resolve(result),
        reject,
      });
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
  };
}
