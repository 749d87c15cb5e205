import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How the engine names a part: partition, first and last block, and how often it was merged and changed. */
const PART = /^(\w+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
/** `1 PART BLOCK`: the insert of that block made that part. */
const ADDED = /^1\t([^\t]+)\t/;
/** The inserts that were under way are among the last of a table. */
const LINES = 100;

/**
 * Makes the engine forget inserts that it did not finish. It writes down which insert made a part before it puts the part in
 * its place: killed in between, it has the name and not the rows, and drops the repeated insert as known. (One of some
 * hundred kills under load; the rows of one table were missing, those of its views were there.)
 * Call while no engine runs on the directory.
 *
 * @param directory of the facts store
 * @returns names of the parts that were not there
 */
export function forgetLostInserts(directory: string): string[] {
  const lost: string[] = [];
  for (const table of tablesIn(join(directory, 'store', 'store'))) {
    const logs = join(table, 'deduplication_logs');
    if (!existsSync(logs)) continue;
    const parts = readdirSync(table).flatMap((name) => rangeOf(name) ?? []);
    const isThere = (line: string) => {
      const made = ADDED.exec(line)?.[1];
      const wanted = made === undefined ? null : rangeOf(made);
      if (wanted === null) return true;
      const { partition, first, last } = wanted;
      if (parts.some((it) => it.partition === partition && it.first <= first && it.last >= last)) return true;
      lost.push(made!);
      return false;
    };
    for (const name of readdirSync(logs)) {
      const lines = readFileSync(join(logs, name), 'utf8').split('\n');
      const kept = lines.filter((line, at) => at < lines.length - LINES || isThere(line));
      if (kept.length === lines.length) continue;
      // Beside the engine's own folder, where it does not meet it.
      const written = join(directory, 'deduplication_log.new');
      writeFileSync(written, kept.join('\n'));
      renameSync(written, join(logs, name));
    }
  }
  return lost;
}

function tablesIn(store: string): string[] {
  if (!existsSync(store)) return [];
  const foldersOf = (path: string) =>
    readdirSync(path, { withFileTypes: true }).flatMap((it) => (it.isDirectory() ? join(path, it.name) : []));
  return foldersOf(store).flatMap(foldersOf);
}

function rangeOf(part: string): { partition: string; first: number; last: number } | null {
  const [, partition, first, last] = PART.exec(part) ?? [];
  return partition === undefined ? null : { partition, first: Number(first), last: Number(last) };
}
