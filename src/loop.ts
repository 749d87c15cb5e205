/** The part of a pino logger that workers need. A log line is ids and a reason, never a body. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Loop {
  start(): void;
  /** Runs soon, in `gatherMs` instead of the interval: called by whoever just made work. */
  wake(): void;
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>;
}

/**
 * Repeats `runOnce` until stopped: at once while it answers true ("there may be more"), else after `intervalMs` or when
 * woken. A turn that throws is logged and tried again later, with a growing pause: an outage must not become a hot loop.
 */
export function createLoop(options: {
  name: string;
  intervalMs: number;
  /** How long to wait after having been woken, so that what comes in several pieces is done in one turn; 0: not at all. */
  gatherMs?: number;
  runOnce: () => Promise<boolean>;
  log: Log;
}): Loop {
  const { name, intervalMs, gatherMs = 0, runOnce, log } = options;
  let running: Promise<void> | null = null;
  let stopped = false;
  let woken = false;
  /** Ends the pause that is under way in so many milliseconds. */
  let endIn: ((ms: number) => void) | null = null;
  let failures = 0;

  // A failing store is not asked more often because more work arrives.
  const isWoken = () => woken && failures === 0;
  const pause = (delayMs: number) =>
    new Promise<void>((resolve) => {
      if (stopped) return resolve();
      let timer = setTimeout(done, isWoken() ? gatherMs : delayMs);
      endIn = (ms) => {
        clearTimeout(timer);
        timer = setTimeout(done, ms);
      };
      function done() {
        endIn = null;
        resolve();
      }
    });

  async function run() {
    while (!stopped) {
      woken = false;
      let more = false;
      try {
        more = await runOnce();
        failures = 0;
      } catch (error) {
        failures += 1;
        log.warn({ loop: name, failures, error: String(error) }, 'turn failed, will be repeated');
      }
      // Also between turns without input or output: a busy loop must not keep timers and sockets waiting.
      await new Promise((resolve) => setImmediate(resolve));
      if (more) continue;
      await pause(failures === 0 ? intervalMs : Math.min(30_000, 100 * 2 ** Math.min(failures, 9)));
    }
  }

  return {
    start() {
      running ??= run();
    },
    wake() {
      // The first of several says when; those that follow are gathered.
      const isFirst = !woken;
      woken = true;
      if (isFirst && isWoken()) endIn?.(gatherMs);
    },
    async stop() {
      stopped = true;
      endIn?.(0);
      await running;
    },
  };
}
