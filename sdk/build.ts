// Builds the pixel: esbuild bundles and mangles, terser squeezes what is left. Prints the bytes that visitors pay.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

/** What the pixel may weigh, gzipped (bench/README.md). */
export const PIXEL_BYTES_MAX = 1600;

const folder = dirname(fileURLToPath(import.meta.url));

export async function buildPixel(): Promise<string> {
  const bundled = await build({
    entryPoints: [join(folder, 'src/pixel.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    minify: true,
  });
  const { code } = await minify(bundled.outputFiles[0]!.text, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true, pure_getters: true, booleans_as_integers: false },
    mangle: true,
  });
  return code!;
}

if (import.meta.main) {
  const target = join(folder, '../dist/hw.js');
  const code = await buildPixel();
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
  const gzip = gzipSync(code, { level: 9 }).length;
  const brotli = brotliCompressSync(code).length;
  process.stderr.write(`hw.js: ${code.length} bytes, ${gzip} gzip, ${brotli} brotli\n`);
  if (gzip > PIXEL_BYTES_MAX) {
    process.stderr.write(`hw.js is ${gzip - PIXEL_BYTES_MAX} bytes over its limit of ${PIXEL_BYTES_MAX} (gzip)\n`);
    process.exitCode = 1;
  }
}
