import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './errors.ts';

/** Bodies of this scope arrive as the bytes that were sent, whatever type they claim to have. */
export function takeRawBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/** A compressed body is refused before it is read: a megabyte may unfold into gigabytes. */
export function refuseEncodedBodies(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === '' || encoding === 'identity') return;
  const message = `content-encoding: "${encoding.slice(0, 20)}" is not accepted; send the body uncompressed`;
  throw new Refusal(415, { code: 'bad_encoding', message, field: 'content-encoding' });
}
