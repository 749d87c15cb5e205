import { BATCH_LIMITS, isObject } from './batch.ts';
import type { Drop, Hit } from './hit.ts';

/** One event may have 64 KB. Only looked at when the whole body is larger than that. */
export function limits(hit: Hit): Hit | Drop {
  if (!hit.sender.measureEvents || roughChars(hit.wire, BATCH_LIMITS.eventBytes) <= BATCH_LIMITS.eventBytes) return hit;
  return { drop: 'too_large', field: 'events', message: 'an event is larger than 64 KB' };
}

/** About the length of a value's JSON, counted without recursion and no further than the limit. */
function roughChars(value: unknown, limit: number): number {
  const open: unknown[] = [value];
  let chars = 0;
  while (open.length > 0 && chars <= limit) {
    const next = open.pop();
    if (typeof next === 'string') chars += next.length + 3;
    else if (Array.isArray(next)) {
      chars += 2;
      for (const item of next) open.push(item);
    } else if (isObject(next)) {
      chars += 2;
      for (const name in next) {
        chars += name.length + 4;
        open.push(next[name]);
      }
    } else chars += 5;
  }
  return chars;
}
