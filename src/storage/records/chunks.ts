import { chunksOf } from '../../core/chunks.ts';

/** Both databases limit the parameters of a statement, and a statement of ten thousand is slow to prepare. */
export const CHUNK = 500;

export function chunks<T>(items: readonly T[], size = CHUNK): T[][] {
  return chunksOf(items, size);
}
