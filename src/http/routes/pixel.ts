import type { FastifyInstance } from 'fastify';
import type { HttpDeps } from '../deps.ts';
import { sendFile, staticFile } from '../static-files.ts';

/** `GET /hw.js`: asked for by every page of every site, so it is cached for an hour and answered from memory. */
export function pixelRoutes(scope: FastifyInstance, { pixel }: Pick<HttpDeps, 'pixel'>): void {
  const file = pixel && staticFile(pixel, '.js');

  scope.get('/hw.js', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    reply.headers({ 'cross-origin-resource-policy': 'cross-origin', 'access-control-allow-origin': '*' });
    if (!file) {
      return reply.code(503).type('text/plain').send('The pixel is not built; start Headwater with `npm start`.\n');
    }
    reply.header('cache-control', 'public, max-age=3600, stale-while-revalidate=86400');
    return sendFile(request, reply, file);
  });
}
