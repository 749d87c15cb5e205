import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The scripts of the pixel, by file name: hw.js and hw-more.js as they are now, and under a name of their own
 * (hw-0123456789ab.js) each version there has been, so that a tag that pins one with `integrity` keeps working after an
 * upgrade.
 */
export type PixelFiles = ReadonlyMap<string, Buffer>;

const PINNED = /^hw(-more)?-[0-9a-f]{12}\.js$/;

const shortHash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);

function pinnedVersions(pixel: Buffer, more: Buffer | undefined): { pixel: Buffer; moreName: string } {
  const moreName = more ? `hw-more-${shortHash(more)}.js` : 'hw-more.js';
  // A pinned pixel asks for the second script it was made with.
  return { pixel: Buffer.from(pixel.toString().replace('hw-more.js', moreName)), moreName };
}

/** @param more the second script; null: not built */
export function pixelFiles(pixel: Buffer | null, more: Buffer | null): PixelFiles {
  const files = new Map<string, Buffer>();
  if (!pixel) return files;
  const pinned = pinnedVersions(pixel, more ?? undefined);
  files.set('hw.js', pixel).set(`hw-${shortHash(pinned.pixel)}.js`, pinned.pixel);
  if (more) files.set('hw-more.js', more).set(pinned.moreName, more);
  return files;
}

/** Keeps this version in the folder and reads those that were kept before. */
export async function keepPixelFiles(files: PixelFiles, folder: string): Promise<PixelFiles> {
  const all = new Map(files);
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) if (PINNED.test(name)) await writeFile(join(folder, name), bytes);
  for (const name of await readdir(folder)) {
    if (PINNED.test(name) && !all.has(name)) all.set(name, await readFile(join(folder, name)));
  }
  return all;
}

/** File name and Subresource Integrity of this version; null: the pixel is not built. */
export function pinnedPixel(files: PixelFiles): { name: string; integrity: string } | null {
  const pixel = files.get('hw.js');
  if (!pixel) return null;
  const { pixel: pinned } = pinnedVersions(pixel, files.get('hw-more.js'));
  const digest = createHash('sha384').update(pinned).digest('base64');
  return { name: `hw-${shortHash(pinned)}.js`, integrity: `sha384-${digest}` };
}
