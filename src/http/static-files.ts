import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Built files, held in memory: a closed list of addresses, so that no address can reach any other file, and each file is
 * compressed once, when first asked for.
 */
export interface StaticFile {
  type: string;
  etag: string;
  bytes: Buffer;
  encoded: Map<Encoding, Promise<Buffer>>;
}
type Encoding = 'br' | 'gzip';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
// Images and fonts are compressed already.
const COMPRESSIBLE = /^text\/|json|svg/;
const COMPRESSED_FROM_BYTES = 512;
// 11, the default, takes a second of a core per file; 9 is within two percent of it.
const BROTLI_QUALITY = 9;

const encoders: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

export function staticFile(bytes: Buffer, extension: string): StaticFile {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[extension] ?? 'application/octet-stream', etag, bytes, encoded: new Map() };
}

/** Every file below a folder, by its address ('/assets/app.js'); none when there is no such folder. */
export function readFiles(folder: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const path = join(entry.parentPath, entry.name);
      const address = `/${relative(folder, path).split(sep).join('/')}`;
      files.set(address, staticFile(readFileSync(path), extname(entry.name)));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return files;
}

export async function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile) {
  reply.headers({ etag: `W/${file.etag}`, vary: 'accept-encoding', 'x-content-type-options': 'nosniff' });
  // Weak, because one tag names every encoding of the file.
  if (request.headers['if-none-match']?.includes(file.etag)) return reply.code(304).send();
  reply.type(file.type);
  const encoding = encodingFor(request, file);
  if (encoding === null) return reply.send(file.bytes);
  let encoded = file.encoded.get(encoding);
  if (!encoded) file.encoded.set(encoding, (encoded = encoders[encoding](file.bytes)));
  return reply.header('content-encoding', encoding).send(await encoded);
}

function encodingFor(request: FastifyRequest, file: StaticFile): Encoding | null {
  if (file.bytes.length < COMPRESSED_FROM_BYTES || !COMPRESSIBLE.test(file.type)) return null;
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const accepts = (name: Encoding) => new RegExp(`(^|[ ,])${name}(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(accepted);
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : null;
}
