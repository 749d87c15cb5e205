import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { SqlRefused } from './sql-text.ts';

/** The whole body, unpacked, of at most `bytesMax` bytes: a compressed bomb is refused with bounded memory. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new SqlRefused(48, 'NOT_IMPLEMENTED', `content encoding ${encoding} is not accepted`);
  const source = encoding === 'gzip' ? request.pipe(createGunzip()) : request;
  if (source !== request) request.once('error', (error) => source.destroy(error));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new SqlRefused(307, 'TOO_MANY_BYTES', `the body is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
