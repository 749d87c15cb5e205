import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The scripts of the pixel, by file name: those of SCRIPTS as they are now, and under a name of its own
 * (hw-0123456789ab.js) each version there has been, so that a tag that pins one with `integrity` keeps working after an
 * upgrade.
 */
export type PixelFiles = ReadonlyMap<string, Buffer>;

const MORE = 'hw-more.js';
/** As they are built. A tag names one of the first two; the third is asked for by them. */
export const SCRIPTS = ['hw.js', 'hw-cookieless.js', MORE] as const;
export type Script = (typeof SCRIPTS)[number];

const PINNED = /^hw(-more|-cookieless)?-[0-9a-f]{12}\.js$/;

/** A file under the name of its content. */
interface Pinned {
  name: string;
  bytes: Buffer;
}

function pinned(script: string, bytes: Buffer): Pinned {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { name: script.replace('.js', `-${hash}.js`), bytes };
}

/** A pinned pixel asks for the second script it was made with. */
function pinnedWith(more: Buffer | undefined, script: string, bytes: Buffer): Pinned {
  if (!more) return pinned(script, bytes);
  return pinned(script, Buffer.from(bytes.toString().replace(MORE, pinned(MORE, more).name)));
}

/** @param built scripts that are not built are absent */
export function pixelFiles(built: Partial<Record<Script, Buffer>>): PixelFiles {
  const files = new Map<string, Buffer>(Object.entries(built));
  for (const [script, bytes] of Object.entries(built)) {
    const own = pinnedWith(script === MORE ? undefined : built[MORE], script, bytes);
    files.set(own.name, own.bytes);
  }
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

/** File name and Subresource Integrity of this version of a script; null: it is not built. */
export function pinnedPixel(files: PixelFiles, script: Script): { name: string; integrity: string } | null {
  const pixel = files.get(script);
  if (!pixel) return null;
  const { name, bytes } = pinnedWith(files.get(MORE), script, pixel);
  return { name, integrity: `sha384-${createHash('sha384').update(bytes).digest('base64')}` };
}
