// A Worker on the route shop.example/hw/*, with the variable HEADWATER_URL (https://headwater.example).
const PATHS = /^\/(hw(-[0-9a-z]+)*\.js|api\/(event|hand-over))$/;

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const path = url.pathname.replace(/^\/hw/, '');
    if (!PATHS.test(path)) return new Response('Not found', { status: 404 });
    const headers = new Headers(request.headers);
    // The shop's own cookies are none of Headwater's business.
    headers.delete('cookie');
    headers.set('x-forwarded-for', request.headers.get('cf-connecting-ip') ?? '');
    headers.set('x-forwarded-host', url.host);
    headers.set('x-forwarded-proto', url.protocol.slice(0, -1));
    const body = request.method === 'POST' ? await request.arrayBuffer() : undefined;
    return fetch(env.HEADWATER_URL + path, { method: request.method, headers, body, redirect: 'manual' });
  },
};
