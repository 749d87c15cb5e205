import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export class DirectoryBusy extends Error {
  override name = 'DirectoryBusy';
}

/**
 * Takes a directory for this process alone. The lock is SQLite's exclusive lock on a small file, because the kernel
 * lets go of it when the process dies, however it dies; a file with a process id would outlive a power cut.
 *
 * @param what the directory's name in the error, for example 'data directory'
 * @param waitMs how long a directory still held by a dying process is awaited
 * @throws DirectoryBusy
 */
export async function lockDirectory(
  directory: string,
  { what, waitMs }: { what: string; waitMs: number },
): Promise<() => void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const deadline = Date.now() + waitMs;
  for (;;) {
    const file = new DatabaseSync(join(directory, 'headwater.lock'), { timeout: 0 });
    try {
      file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
      return () => file.close();
    } catch (error) {
      file.close();
      if (!/locked|busy/i.test(String(error))) throw error;
      if (Date.now() >= deadline) {
        throw new DirectoryBusy(
          `The ${what} ${directory} is in use by another process. Stop it, or choose another HEADWATER_DATA.`,
        );
      }
      await sleep(50);
    }
  }
}
