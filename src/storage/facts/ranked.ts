/** Bytes before a tag that say how early it was (schema/0002_sessions.sql). */
const RANK_BYTES = 10;

/** The tag of a session's first event, over the rows of the session. */
export const firstOf = (column: string) => `substring(min(${column}), ${RANK_BYTES + 1})`;
/** The tag of its last event. */
export const lastOf = (column: string) => `substring(max(${column}), ${RANK_BYTES + 1})`;
/** The tag itself, of a row that is not merged. */
export const textOf = (column: string) => `substring(${column}, ${RANK_BYTES + 1})`;
