import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { keyOf } from '../access.ts';
import { askedHost } from '../asked-host.ts';
import type { ClientAddress } from '../client-address.ts';
import type { CollectResult, HttpDeps } from '../deps.ts';
import { Refusal, sendRefusal } from '../errors.ts';
import type { HitLimit } from '../hit-limit.ts';
import { refuseEncodedBodies, takeRawBodies } from '../raw-body.ts';
import { handOverRoutes } from './hand-over.ts';

export const COLLECT_BODY_BYTES = 1_048_576;

/** What every answer carries: any page may send hits and read how it went. */
export const COLLECT_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'X-Headwater-Dropped, Retry-After',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** `POST /api/event`: hits of pixels and servers. Open to every page of the world, and never with credentials. */
export function collectRoutes(
  scope: FastifyInstance,
  deps: HttpDeps,
  { limit, address }: { limit: HitLimit; address: ClientAddress },
): void {
  takeRawBodies(scope);
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers(COLLECT_HEADERS);
    refuseEncodedBodies(request);
  });
  handOverRoutes(scope, deps, { limit, address });
  // Refusals of the use case are counted there; these happen before it is asked.
  scope.addHook('onError', async (_request, _reply, error) => {
    const code = error instanceof Refusal ? error.code : error.statusCode === 413 ? 'too_large' : 'failed';
    deps.hits.refused.set(code, (deps.hits.refused.get(code) ?? 0) + 1);
  });

  scope.options('/api/event', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, authorization',
        'access-control-max-age': '86400',
      })
      .send(),
  );

  scope.post(
    '/api/event',
    { config: { access: 'public' }, bodyLimit: COLLECT_BODY_BYTES, schema: { hide: true } },
    async (request, reply) => {
      const keySite = await spared(request);
      const result = await deps.collect({
        body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
        headers: request.headers,
        address: address.of(request.raw),
        host: askedHost(request.raw, address.isTrusted(request.raw.socket.remoteAddress ?? '')),
        keySite,
      });
      return render(reply, result);
    },
  );

  /** The site of the key that came along. Without a good one the address is counted. */
  async function spared(request: FastifyRequest): Promise<string | null> {
    try {
      const key = await keyOf(request.headers.authorization, deps);
      if (key) return requireCollectScope(key);
    } catch (error) {
      limit(address.of(request.raw));
      throw error;
    }
    limit(address.of(request.raw));
    return null;
  }
}

function requireCollectScope(key: { site: string; scopes: string[] }): string {
  if (key.scopes.includes('collect')) return key.site;
  const message = `the key has the scopes ${key.scopes.join(', ')}; sending hits needs "collect"`;
  throw new Refusal(403, { code: 'missing_scope', message });
}

function render(reply: FastifyReply, result: CollectResult) {
  if (result.status !== 202) return sendRefusal(reply, new Refusal(result.status, result));
  const { body, headers } = acceptedAnswer(result);
  return reply.code(202).headers(headers).send(body);
}

/** What both ways of taking hits answer. */
export function acceptedAnswer({ accepted, dropped, visitor, setCookie }: CollectResult & { status: 202 }) {
  const reasons = Object.keys(dropped);
  return {
    body: visitor === undefined ? { accepted } : { accepted, visitor },
    headers: {
      ...(reasons.length > 0 ? { 'x-headwater-dropped': reasons.join(', ') } : {}),
      ...(setCookie === undefined ? {} : { 'set-cookie': setCookie }),
    },
  };
}
