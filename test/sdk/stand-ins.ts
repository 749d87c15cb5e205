/**
 * What the frameworks of docs/guides give a handler, by their documented signatures and nothing more: enough to run the
 * guides' code where the frameworks themselves are not installed. Module name → its source. `stripe` is the real package,
 * sent to the simulated Stripe.
 */
export const STAND_INS: Record<string, string> = {
  stripe: `
    import { Stripe as Real } from 'the-real-stripe';
    export class Stripe extends Real {
      constructor(key, config) { super(key, { ...config, ...globalThis.simulatedStripe }); }
    }
    export default Stripe;`,
  // expressjs.com/en/4x/api.html: app.METHOD(path, handler), res.redirect([status,] path); req is Node's IncomingMessage.
  express: `
    export default function express() {
      const app = { post: (path, handler) => { globalThis.routes.set(path, handler); return app; }, use: () => app, listen: () => app };
      return app;
    }`,
  // hono.dev/docs/api/context: c.req.raw is the Request, c.redirect(location, status).
  hono: `
    export class Hono {
      post(path, handler) {
        const redirect = (location, status = 302) => new Response(null, { status, headers: { location } });
        globalThis.routes.set(path, (request) => handler({ req: { raw: request }, redirect }));
        return this;
      }
    }`,
  // nextjs.org/docs/app/api-reference/functions/cookies: await cookies() has get(name) → { name, value } | undefined.
  'next/headers': `
    export async function cookies() {
      const values = new Map(globalThis.cookieHeader.split('; ').map((pair) => pair.split('=')));
      return { get: (name) => (values.has(name) ? { name, value: values.get(name) } : undefined) };
    }`,
  // …/functions/redirect: throws an error that Next.js turns into the answer.
  'next/navigation': `
    export function redirect(location) { throw { status: 303, location }; }`,
  // reactrouter.com/api/utils/redirect: (url, init) → Response.
  'react-router': `
    export const redirect = (location, init = 302) =>
      new Response(null, { status: typeof init === 'number' ? init : init.status, headers: { location } });`,
  // svelte.dev/docs/kit/@sveltejs-kit#redirect: throws { status, location }.
  '@sveltejs/kit': `
    export function redirect(status, location) { throw { status, location }; }`,
  '$env/static/private': `
    export const STRIPE_SECRET_KEY = process.env.STRIPE_SECRET_KEY;`,
};

/** nuxt.com/docs/guide/directory-structure/server: h3's functions are imported by Nuxt itself; event.headers is a Headers. */
export const NUXT_GLOBALS = {
  defineEventHandler: <T>(handler: T) => handler,
  sendRedirect: (_event: unknown, location: string, status: number) =>
    new Response(null, { status, headers: { location } }),
};
