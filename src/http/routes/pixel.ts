import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { HttpDeps } from '../deps.ts';

/** `GET /hw.js`: asked for by every page of every site, so it is cached for an hour and answered from memory. */
export function pixelRoutes(scope: FastifyInstance, deps: HttpDeps): void {
  const { pixel } = deps;
  const etag = pixel && `"${createHash('sha256').update(pixel).digest('base64url').slice(0, 22)}"`;

  scope.get('/hw.js', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
    reply.headers({ 'cross-origin-resource-policy': 'cross-origin', 'x-content-type-options': 'nosniff' });
    if (!pixel || !etag) {
      return reply.code(503).type('text/plain').send('The pixel is not built; start Headwater with `npm start`.\n');
    }
    reply.headers({
      etag,
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=3600, stale-while-revalidate=86400',
    });
    // A proxy that compresses marks the tag as weak (W/"…"); it still names these bytes.
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
    return reply.type('text/javascript; charset=utf-8').send(pixel);
  });
}
