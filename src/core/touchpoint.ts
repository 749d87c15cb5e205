import type { Acquisition } from './acquisition.ts';

/**
 * A session start that can earn credit. Tags are the session's own acquisition, kept apart from raw events so that
 * events may expire without moving money.
 */
export interface Touchpoint extends Acquisition {
  visitor: string;
  session: string;
  /** Epoch milliseconds of the session's first event. */
  occurredAt: number;
  /** Order of arrival: breaks ties of `occurredAt`. Epoch milliseconds when the first event was received. */
  receivedAt: number;
  landingPage: string;
  hostname: string;
  country: string;
  device: string;
  browser: string;
  os: string;
}
