import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDeps } from '../deps.ts';
import { Refusal, sendRefusal } from '../errors.ts';
import { refuseEncodedBodies, takeRawBodies } from '../raw-body.ts';

// A genuine invoice with many lines is 300 KB; nothing Stripe sends comes near 1 MiB.
const WEBHOOK_BODY_BYTES = 1_048_576;

/** Stripe's deliveries. The signature covers the bytes as sent, so nothing parses them before it is checked. */
export function webhookRoutes(scope: FastifyInstance, deps: HttpDeps): void {
  takeRawBodies(scope);
  scope.addHook('onRequest', async (request) => refuseEncodedBodies(request));
  const options = { config: { access: 'public' as const }, bodyLimit: WEBHOOK_BODY_BYTES, schema: { hide: true } };

  scope.post('/api/webhooks/stripe/:site', options, receive);
  // The path that attribu.tech's guide tells people to register.
  scope.post('/webhooks/stripe/:site', options, receive);
  scope.post('/api/webhooks/stripe', options, receive);

  async function receive(request: FastifyRequest, reply: FastifyReply) {
    const signature = request.headers['stripe-signature'];
    const result = await deps.receiveWebhook({
      site: (request.params as { site?: string }).site ?? null,
      rawBody: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
      signature: typeof signature === 'string' ? signature : undefined,
    });
    if (result.status !== 200) return sendRefusal(reply, new Refusal(result.status, result));
    return reply.code(200).send({ received: true, code: result.code, message: result.message });
  }
}
