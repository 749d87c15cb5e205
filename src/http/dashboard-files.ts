import fastifyStatic from '@fastify/static';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDeps } from './deps.ts';
import { Refusal, sendRefusal } from './errors.ts';

/**
 * The built dashboard, and what an address without a route answers: the dashboard's page for people (it has its own
 * addresses), a JSON 404 for programs.
 */
export function dashboardFiles(scope: FastifyInstance, { dashboardDir }: Pick<HttpDeps, 'dashboardDir'>): void {
  const isBuilt = existsSync(join(dashboardDir, 'index.html'));
  scope.setNotFoundHandler((request, reply) => {
    if (!asksForPage(request)) return nothingThere(request, reply);
    if (isBuilt) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    return reply.code(503).type('text/plain').send('The dashboard is not built; start Headwater with `npm start`.\n');
  });
  if (!isBuilt) return;
  scope.register(fastifyStatic, {
    root: dashboardDir,
    cacheControl: false,
    setHeaders(reply, path) {
      // Names under assets/ hold a hash of their content; everything else must be asked for again.
      const isHashed = path.includes('/assets/');
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

const pathOf = (request: FastifyRequest) => request.url.split('?')[0]!;

function asksForPage(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return ['GET', 'HEAD'].includes(request.method) && !path.startsWith('/api/') && !/\.[^/]*$/.test(path);
}

function nothingThere(request: FastifyRequest, reply: FastifyReply) {
  const path = pathOf(request).slice(0, 200);
  const message = `there is nothing at ${request.method} ${path}; the API is described at /api/openapi.json`;
  return sendRefusal(reply, new Refusal(404, { code: 'not_found', message }));
}
