import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDeps } from '../deps.ts';
import { SCRIPTS } from '../pixel-files.ts';
import { sendFile, staticFile } from '../static-files.ts';

const NEWEST = 'public, max-age=3600, stale-while-revalidate=86400';
const PINNED = 'public, max-age=31536000, immutable';

/**
 * The pixel's scripts: asked for by every page of every site, so they are answered from memory. Under their own names they
 * are cached for an hour; a version (`/hw-0123456789ab.js`) never changes.
 */
export function pixelRoutes(scope: FastifyInstance, { pixel }: Pick<HttpDeps, 'pixel'>): void {
  const files = new Map([...pixel].map(([name, bytes]) => [name, staticFile(bytes, '.js')]));

  async function send(request: FastifyRequest, reply: FastifyReply, name: string, cacheControl: string) {
    reply.headers({ 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': '*' });
    const file = files.get(name);
    if (file) return sendFile(request, reply.header('cache-control', cacheControl), file);
    reply.type('text/plain');
    if (cacheControl === PINNED) return reply.code(404).send('There is no such version of the pixel here.\n');
    return reply.code(503).send('The pixel is not built; start Headwater with `npm start`.\n');
  }

  const options = { config: { access: 'public' as const }, schema: { hide: true } };
  for (const name of SCRIPTS) {
    scope.get(`/${name}`, options, (request, reply) => send(request, reply, name, NEWEST));
  }
  scope.get<{ Params: { version: string } }>('/hw-:version.js', options, (request, reply) =>
    send(request, reply, `hw-${request.params.version}.js`, PINNED),
  );
}
