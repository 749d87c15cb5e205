/** What collect and the drainer did since this process started, for /metrics. Keys of the maps are closed lists. */
export interface CollectCounters {
  /** Hits acknowledged. */
  accepted: number;
  /** Hits acknowledged and marked as a bot's, by reason. */
  bots: Map<string, number>;
  /** Hits not kept, by reason (steps/hit.ts). */
  dropped: Map<string, number>;
  /** Hand-overs from other domains, by what became of them ('taken' or core/hand-over's reasons). */
  handOvers: Map<string, number>;
  /** Requests refused, by code. */
  refused: Map<string, number>;
  /** Events inserted into the facts store. */
  drained: number;
  /** Hits whose id was known already. */
  duplicates: number;
  /** Events the facts store refused, and spool rows that could not be read; both stand in `spool_rejects`. */
  rejected: number;
}

export function createCollectCounters(): CollectCounters {
  return {
    accepted: 0,
    bots: new Map(),
    dropped: new Map(),
    handOvers: new Map(),
    refused: new Map(),
    drained: 0,
    duplicates: 0,
    rejected: 0,
  };
}

export function countUp(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
