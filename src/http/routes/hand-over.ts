import type { FastifyInstance } from 'fastify';
import type { ClientAddress } from '../client-address.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import type { HitLimit } from '../hit-limit.ts';

const BODY_BYTES = 4096;

/** `POST /api/hand-over`: a page asks for the word that takes its visitor along to another domain of the site. */
export function handOverRoutes(
  scope: FastifyInstance,
  deps: Pick<HttpDeps, 'handOver'>,
  { limit, address }: { limit: HitLimit; address: ClientAddress },
): void {
  scope.post(
    '/api/hand-over',
    { config: { access: 'public' }, bodyLimit: BODY_BYTES, schema: { hide: true } },
    async ({ body, headers, raw }) => {
      limit(address.of(raw));
      const result = await deps.handOver({ body: (body as Buffer | undefined) ?? Buffer.alloc(0), headers });
      if (result.status !== 200) throw new Refusal(result.status, result);
      return { hand_over: result.handOver };
    },
  );
}
