import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiScope } from '../api-scope.ts';
import { requireOwnOrigin } from '../access.ts';
import { doneAnswer, meAnswer, setupInput, signInInput } from '../contract.ts';
import type { HttpDeps, SignedIn } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { createLimiter, limitKey } from '../limiter.ts';

const WINDOW_MS = 15 * 60_000;
const TRIES_PER_ACCOUNT = 20;
const TRIES_PER_ADDRESS = 50;

/** Set-up link, sign-in and sign-out of the dashboard's members. */
export function accountRoutes(scope: ApiScope, deps: HttpDeps): void {
  const { accounts, now } = deps;
  const byAccount = createLimiter({ max: TRIES_PER_ACCOUNT, windowMs: WINDOW_MS, now });
  const byAddress = createLimiter({ max: TRIES_PER_ADDRESS, windowMs: WINDOW_MS, now });
  const schema = { hide: true };
  const config = { access: 'public' } as const;

  scope.get('/me', { config, schema: { ...schema, response: { 200: meAnswer } } }, async (request, reply) => {
    const session = request.headers.cookie ? await accounts.session(request.headers.cookie) : null;
    if (session && session.setCookies.length > 0) reply.header('set-cookie', session.setCookies);
    return { member: session?.member ?? null, setup_required: session ? false : await accounts.setupRequired() };
  });

  const answersMe = { 200: meAnswer };
  scope.post(
    '/setup',
    { config, schema: { ...schema, body: setupInput, response: answersMe } },
    async (request, reply) => {
      refuseForeignForms(request, deps.publicUrl);
      limit(byAddress, limitKey(request.ip));
      return welcome(reply, await accounts.setUp(request.body), 400);
    },
  );

  scope.post(
    '/sign-in',
    { config, schema: { ...schema, body: signInInput, response: answersMe } },
    async (request, reply) => {
      refuseForeignForms(request, deps.publicUrl);
      const account = request.body.email.toLowerCase();
      limit(byAddress, limitKey(request.ip));
      limit(byAccount, account);
      const result = await accounts.signIn(request.body);
      if (result.ok) byAccount.forgive(account);
      return welcome(reply, result, 401);
    },
  );

  scope.post('/sign-out', { config, schema: { ...schema, response: { 200: doneAnswer } } }, async (request, reply) => {
    if (request.headers.cookie) {
      requireOwnOrigin(request, deps.publicUrl);
      reply.header('set-cookie', await accounts.signOut(request.headers.cookie));
    }
    return { done: true as const };
  });
}

function welcome(reply: FastifyReply, result: SignedIn, refusedStatus: number) {
  if (!result.ok) throw new Refusal(refusedStatus, result);
  reply.header('set-cookie', result.setCookies);
  return { member: result.member, setup_required: false };
}

/** Browsers name the page a form came from; programs send no Origin and bring no cookie to misuse. */
function refuseForeignForms(request: FastifyRequest, publicUrl: string): void {
  if (request.headers.origin !== undefined) requireOwnOrigin(request, publicUrl);
}

function limit(limiter: ReturnType<typeof createLimiter>, key: string): void {
  const waitS = limiter.take(key);
  if (waitS === 0) return;
  const message = `too many tries; wait ${Math.ceil(waitS / 60)} minutes and try again`;
  throw new Refusal(429, { code: 'rate_limited', message, retryAfterS: waitS });
}
