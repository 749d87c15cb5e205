/** Runs deliveries, a few at a time, and repeats the failed ones with a doubling pause. */
export interface Queue<Delivery> {
  add(delivery: Delivery): void;
  idle(): Promise<void>;
  setConcurrency(count: number): void;
  close(): Promise<void>;
}

export interface QueueSettings {
  /** Tries before a delivery is given up. */
  tries: number;
  /** Pause before the second try; it doubles from then on. */
  backoffMs: number;
  concurrency: number;
}

/** `run` says whether the delivery is done with. */
export function createQueue<Delivery>(
  settings: QueueSettings,
  run: (delivery: Delivery) => Promise<boolean>,
): Queue<Delivery> {
  interface Waiting {
    delivery: Delivery;
    tries: number;
  }
  const waiting: Waiting[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let idlers: (() => void)[] = [];
  let limit = settings.concurrency;
  let running = 0;
  let closed = false;

  function pump(): void {
    if (closed) waiting.length = 0;
    while (running < limit && waiting.length > 0) {
      const entry = waiting.shift()!;
      running += 1;
      void run(entry.delivery).then((done) => {
        running -= 1;
        if (!done) again(entry);
        pump();
      });
    }
    if (running > 0 || waiting.length > 0 || timers.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  }

  function again(entry: Waiting): void {
    entry.tries += 1;
    if (closed || entry.tries >= settings.tries) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        waiting.push(entry);
        pump();
      },
      settings.backoffMs * 2 ** (entry.tries - 1),
    );
    timers.add(timer);
  }

  const idle = () =>
    new Promise<void>((resolve) => {
      idlers.push(resolve);
      pump();
    });
  return {
    add(delivery) {
      waiting.push({ delivery, tries: 0 });
      pump();
    },
    idle,
    setConcurrency(count) {
      limit = count;
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await idle();
    },
  };
}
