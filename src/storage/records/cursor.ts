import { BadCursor } from './records.ts';

/** Where a page ended: payments are listed by (occurredAt, id), newest first. Opaque to callers. */
export interface Position {
  occurredAt: number;
  id: string;
}

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.occurredAt, position.id])).toString('base64url');
}

/** @throws BadCursor for anything `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Position {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    value = null;
  }
  if (!Array.isArray(value) || value.length !== 2) throw new BadCursor(cursor);
  const [occurredAt, id] = value as unknown[];
  if (typeof occurredAt !== 'number' || !Number.isSafeInteger(occurredAt) || typeof id !== 'string') {
    throw new BadCursor(cursor);
  }
  return { occurredAt, id };
}
