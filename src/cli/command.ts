import type { App, Serve } from './app.ts';

/** What a command may touch of the world. Tests pass their own; the real one is built in headwater.ts. */
export interface Io {
  /** The result. With `--json` a command calls this exactly once, with one line of JSON. */
  out(line: string): void;
  /** Everything said to people besides the result: progress, warnings, what to do next. */
  err(line: string): void;
  /** True when stderr is a terminal: progress may redraw its line. */
  terminal: boolean;
  /** Aborted by SIGINT or SIGTERM: long work stops at the next safe point. */
  signal: AbortSignal;
  /** Opens the stores (no HTTP, no facts store); the command closes what it opened. */
  openApp(): Promise<App>;
  serve: Serve;
}

export interface Command {
  /** As typed, for example 'site add'. */
  name: string;
  /** One line for `headwater --help`. */
  summary: string;
  /** The options, for `headwater <command> --help`. */
  usage: string;
  /** @returns the exit code: 0 done, 1 failed. Wrong usage is thrown as UsageError, any other failure as an Error. */
  run(argv: string[], io: Io): Promise<number>;
}

/** Wrong usage: exit code 2, one clear line on stderr. */
export class UsageError extends Error {
  override name = 'UsageError';
}
