// What a visitor pays for the pixel.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { buildPixel, PIXEL_BYTES_MAX } from '../sdk/build.ts';

export async function measure(): Promise<string[]> {
  const code = await buildPixel();
  const gzip = gzipSync(code, { level: 9 }).length;
  return [
    `${gzip} bytes gzip (limit ${PIXEL_BYTES_MAX}), ${brotliCompressSync(code).length} brotli, ${code.length} plain`,
  ];
}
