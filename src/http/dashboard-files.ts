import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDeps } from './deps.ts';
import { Refusal, sendRefusal } from './errors.ts';
import { readFiles, sendFile } from './static-files.ts';

/**
 * The built dashboard, and what an address without a route answers: the dashboard's page for people (it has addresses of
 * its own), a JSON 404 for programs.
 */
export function dashboardFiles(scope: FastifyInstance, { dashboardDir }: Pick<HttpDeps, 'dashboardDir'>): void {
  const files = readFiles(dashboardDir);
  const page = files.get('/index.html');

  scope.setNotFoundHandler(async (request, reply) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return nothingThere(request, reply);
    const path = pathOf(request);
    const file = files.get(path);
    if (file && file !== page) {
      // Names under assets/ hold a hash of their content; everything else must be asked for again.
      const isHashed = path.startsWith('/assets/');
      reply.code(200).header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      return sendFile(request, reply, file);
    }
    if (path !== '/index.html' && (path.startsWith('/api/') || /\.[^/]*$/.test(path)))
      return nothingThere(request, reply);
    if (page) return sendFile(request, reply.code(200).header('cache-control', 'no-cache'), page);
    return reply.code(503).type('text/plain').send('The dashboard is not built; start Headwater with `npm start`.\n');
  });
}

const pathOf = (request: FastifyRequest) => request.url.split('?')[0]!;

function nothingThere(request: FastifyRequest, reply: FastifyReply) {
  const path = pathOf(request).slice(0, 200);
  const message = `there is nothing at ${request.method} ${path}; the API is described at /api/openapi.json`;
  return sendRefusal(reply, new Refusal(404, { code: 'not_found', message }));
}
