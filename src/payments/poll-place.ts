import type { Log } from '../loop.ts';
import type { Secrets } from '../secrets.ts';
import type { CursorRow } from '../storage/records/records-history.ts';
import type { Connection, Records, Site } from '../storage/records/records.ts';
import type { Provider } from './provider.ts';

/** The name of the cursor that polling keeps. */
export const POLL = 'poll';

/** Where polling stands. */
export interface PollPlace {
  /** Everything that happened before is read. */
  from: number;
  /** The walk under way, newest event first: it will have read everything up to `until`. */
  walk: { until: number; after: string | null } | null;
  /** Set when the key may not read events: until then the lists of objects are read instead. */
  listsUntil?: number | null;
  /** When each look-back of poll-lists.ts was last done. */
  swept?: Record<string, number>;
  failures: number;
  error: string | null;
  polledAt: number | null;
}

export const pollPlace = (from: number): PollPlace => ({ from, walk: null, failures: 0, error: null, polledAt: null });

export interface PollerOptions {
  records: Records;
  secrets: Secrets;
  provider: Pick<Provider, 'events' | 'list'>;
  /** The event types that move money or link it; others are not kept. */
  types: readonly string[];
  now: () => number;
  log: Log;
  /** Called after something was put into the inbox. */
  onStored?: () => void;
  onRecorded?: () => void;
  owner?: string;
}

/** A connection's turn. */
export interface Work {
  row: CursorRow;
  connection: Connection;
  site: Site;
  key: string;
}
