// Where a server finds the visitor: every kind of request and cookie store, and whatever a browser may send.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { stripeMetadata, visitorOf } from '../../sdk/src/server.ts';
import type { VisitorSource } from '../../sdk/src/server.ts';
import { isWellFormedId } from '../../src/core/link.ts';

const COOKIE = 'theme=dark; hw_visitor_id=v1; hw_session_id=s1';
const values = new Map(COOKIE.split('; ').map((pair) => pair.split('=') as [string, string]));
/** `get` of Express' requests and of Koa's context: reads a header. */
const headers: Record<string, string> = { cookie: COOKIE, hw_visitor_id: 'forged', 'user-agent': 'x' };
const get = (name: string) => headers[name.toLowerCase()] ?? '';
const withHeader = (cookie: string) => ({ headers: { cookie } });

describe('visitorOf', () => {
  const sources: Record<string, VisitorSource> = {
    'a fetch-style Request': new Request('https://shop.test/', { headers: { cookie: COOKIE } }),
    Headers: new Headers({ cookie: COOKIE }),
    'an object of headers': withHeader(COOKIE),
    'Express’ request, whose get reads headers': { headers, get, header: get } as VisitorSource,
    'Koa’s context, whose get reads headers': { headers, get, request: { headers }, cookies: { get } } as VisitorSource,
    'Nuxt’s event': { headers: new Headers({ cookie: COOKIE }), context: {}, node: {} } as VisitorSource,
    'an event of Lambda behind a REST API': {
      headers: { Host: 'shop.test', Cookie: COOKIE },
      httpMethod: 'POST',
    } as VisitorSource,
    'an event of Lambda behind an HTTP API': {
      headers: { host: 'shop.test', 'user-agent': 'x' },
      cookies: COOKIE.split('; '),
    } as VisitorSource,
    'a request whose cookies are an object too': {
      headers: { cookie: COOKIE },
      cookies: Object.create(null),
    } as VisitorSource,
    'Astro’s cookies, which have a method called headers': {
      get: (name: string) => (values.has(name) ? { value: values.get(name)! } : undefined),
      *headers() {},
    } as VisitorSource,
    'cookies that are objects, as Next.js has them': {
      get: (name) => (values.has(name) ? { value: values.get(name)! } : undefined),
    },
    'cookies that are texts, as SvelteKit has them': { get: (name) => values.get(name) },
    'a cookie store with a cookie that is called "cookie"': {
      get: (name) => (name === 'cookie' ? 'hw_visitor_id=other' : values.get(name)),
    },
    'cookies as an object, as cookie-parser has them': Object.fromEntries(values),
    'such cookies, one of them called "visitor"': { ...Object.fromEntries(values), visitor: 'other', headers: 'x' },
    'stored ids': { visitor: 'v1', session: 's1' },
  };
  for (const [name, source] of Object.entries(sources)) {
    it(name, () => assert.deepEqual(visitorOf(source), { visitor: 'v1', session: 's1' }));
  }

  it('a header that is called like the cookie is nobody’s', () => {
    const { cookie: _, ...without } = headers;
    const request = { headers: without, get, header: get } as VisitorSource;
    assert.deepEqual(visitorOf(request), { visitor: null, session: null });
  });

  it('what is none of these is nobody, and no checkout fails over it', () => {
    for (const odd of [undefined, null, 'hw_visitor_id=v1', 7, {}, { headers: null }, { cookies: {} }, []]) {
      assert.deepEqual(visitorOf(odd as unknown as VisitorSource), { visitor: null, session: null });
      assert.deepEqual(stripeMetadata(odd as unknown as VisitorSource), {});
    }
  });

  it('a request of Node', async () => {
    let found: unknown;
    const server = createServer((request, response) => {
      found = visitorOf(request);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: { cookie: COOKIE } });
    server.closeAllConnections();
    server.close();
    assert.deepEqual(found, { visitor: 'v1', session: 's1' });
  });

  const cookies: [header: string, visitor: string | null][] = [
    ['zori_visitor_id=z1', 'z1'],
    ['attribu_visitor_id=a1; zori_visitor_id=z1', 'a1'],
    ['zori_visitor_id=z1; hw_visitor_id=h1', 'h1'],
    ['hw_visitor_id=; zori_visitor_id=z1', 'z1'],
    ['hw_visitor_id=first; hw_visitor_id=second', 'first'],
    [';;  hw_visitor_id=v1 ;', 'v1'],
    ['hw_visitor_id=a=b', null],
    ['hw_visitor_id=a%20b', null],
    ['hw_visitor_id="v1"', null],
    ['not_hw_visitor_id=v1', null],
    [`hw_visitor_id=${'x'.repeat(64)}`, 'x'.repeat(64)],
    [`hw_visitor_id=${'x'.repeat(65)}`, null],
    ['__proto__=x; constructor=y', null],
    ['', null],
  ];
  for (const [header, visitor] of cookies) {
    it(`Cookie: ${header.slice(0, 60)}`, () => assert.equal(visitorOf(withHeader(header)).visitor, visitor));
  }

  it('a header of spaces holds no server up', () => {
    const began = performance.now();
    for (let i = 0; i < 20; i++) visitorOf(withHeader(`hw_visitor_id=${' '.repeat(16_000)}x`));
    // 5 s when it takes quadratic time.
    assert.ok(performance.now() - began < 1_000);
  });

  it('answers ids that Headwater takes, or null, whatever is sent', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('hw_visitor_id=', 'zori_session_id=', ';', '=', ' ', 'v1', '%00'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { visitor, session } = visitorOf(withHeader(pieces.join('')));
        for (const id of [visitor, session]) assert.ok(id === null || /^[A-Za-z0-9_-]{1,64}$/.test(id));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (visitor, session) => {
        assert.ok(isWellFormedId(visitor));
        const metadata = stripeMetadata(withHeader(`a=1; zori_visitor_id=${visitor}; hw_session_id=${session}`));
        assert.deepEqual(metadata, { hw_visitor_id: visitor, hw_session_id: session });
      }),
    );
  });
});
