/** A mistake that somebody could make, and that the suite must notice. */
export interface Bug {
  name: string;
  /** Why somebody would write it. */
  tempting: string;
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
  /** The fastest test files that must notice, tried in this order until one does. */
  tests: readonly Tests[];
}

/** A test file, and which of its tests where the others only cost time. */
export type Tests = string | { file: string; named: string };
