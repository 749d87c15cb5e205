import type { FastifyInstance } from 'fastify';
import type { HttpDeps } from '../deps.ts';

const CHECK_TIMEOUT_MS = 2_000;

/** `/healthz`: the process answers. `/readyz`: its stores do too, or which does not. */
export function healthRoutes(scope: FastifyInstance, { checks, log }: HttpDeps): void {
  const options = { config: { access: 'public' as const }, schema: { hide: true }, logLevel: 'warn' as const };

  scope.get('/healthz', options, (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  scope.get('/readyz', options, async (_request, reply) => {
    const names = ['records', 'facts', 'spool'] as const;
    const states = await Promise.all(names.map((name) => stateOf(name)));
    const stores = Object.fromEntries(names.map((name, index) => [name, states[index]!]));
    const down = names.filter((name) => stores[name] !== 'ok');
    reply.header('cache-control', 'no-store');
    if (down.length === 0) return reply.send({ status: 'ready', stores });
    const message = `not ready: ${down.join(', ')} ${down.length === 1 ? 'does' : 'do'} not answer; the log says why`;
    return reply
      .code(503)
      .header('retry-after', '5')
      .send({ status: 'not_ready', stores, error: { code: 'not_ready', message } });
  });

  async function stateOf(name: keyof HttpDeps['checks']): Promise<'ok' | 'down'> {
    const { promise: late, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
    try {
      await Promise.race([checks[name](), late]);
      return 'ok';
    } catch (error) {
      log.warn({ store: name, error: String(error) }, 'store is not ready');
      return 'down';
    } finally {
      clearTimeout(timer);
    }
  }
}
