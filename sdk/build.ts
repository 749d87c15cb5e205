// Builds the pixel and its second script: esbuild bundles and mangles, terser squeezes what is left. Prints the bytes that
// visitors pay, and fails when a script is over its limit.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

/** What the scripts may weigh, gzipped (bench/README.md). */
export const PIXEL_BYTES_MAX = 1600;
export const MORE_BYTES_MAX = 3000;

const folder = dirname(fileURLToPath(import.meta.url));

async function script(entry: string, isCookieless = false): Promise<string> {
  const bundled = await build({
    entryPoints: [join(folder, 'src', entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    define: { COOKIELESS: String(isCookieless) },
  });
  const { code } = await minify(`(()=>{${bundled.outputFiles[0]!.text}})()`, {
    ecma: 2020,
    compress: { passes: 3, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
    mangle: true,
  });
  // A block with `let` keeps names from the page as a function does, for fewer bytes.
  const body = /^\(\(\)=>\{(.*)\}\)\(\);?$/s.exec(code!)?.[1];
  if (!body?.startsWith('var ') || /[;}]var /.test(body)) return code!;
  return `{${body.replace('var', 'let')}}`;
}

export const buildPixel = () => script('pixel.ts');
export const buildCookieless = () => script('pixel.ts', true);
export const buildMore = () => script('more.ts');

if (import.meta.main) {
  const target = process.argv[2] ?? join(folder, '../dist');
  mkdirSync(target, { recursive: true });
  for (const [name, code, limit] of [
    ['hw.js', await buildPixel(), PIXEL_BYTES_MAX],
    ['hw-cookieless.js', await buildCookieless(), PIXEL_BYTES_MAX],
    ['hw-more.js', await buildMore(), MORE_BYTES_MAX],
  ] as const) {
    writeFileSync(join(target, name), code);
    const gzip = gzipSync(code, { level: 9 }).length;
    const brotli = brotliCompressSync(code).length;
    process.stderr.write(`${name}: ${code.length} bytes, ${gzip} gzip (limit ${limit}), ${brotli} brotli\n`);
    if (gzip > limit) process.exitCode = 1;
  }
}
