import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { ApiKey, Site } from '../storage/records/records.ts';
import type { HttpDeps, Member } from './deps.ts';
import { Refusal } from './errors.ts';

/**
 * Who may call a route. Each route names one of these in its `config.access`; a route without one does not start.
 * - public: anyone
 * - member: someone signed in to the dashboard
 * - caller: a member, or a server key
 * - site:read, site:write: a member of the site's team, or a key of this site with that scope
 * - site:member: a member of the site's team; no key
 */
export type Access = 'public' | 'member' | 'caller' | 'site:read' | 'site:write' | 'site:member';
const ACCESS: readonly Access[] = ['public', 'member', 'caller', 'site:read', 'site:write', 'site:member'];

export type Caller = { kind: 'key'; key: ApiKey } | { kind: 'member'; member: Member; teams: string[] };

/** Who said something, for people who read it later. */
export function callerName(caller: Caller): string {
  return caller.kind === 'member' ? `${caller.member.name} (${caller.member.email})` : `key ${caller.key.prefix}…`;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    caller: Caller | null;
    /** Set for routes with `site:…` access. */
    site: Site | null;
  }
}

const TOUCH_EVERY_MS = 60_000;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Unknown and foreign sites answer alike: an id must not tell whether it exists. */
const unknownSite = (id: string) =>
  new Refusal(404, {
    code: 'unknown_site',
    field: 'site',
    message: `site: there is no site "${id.slice(0, 64)}" for this key or account; see GET /api/v1/sites`,
  });
const signInFirst = () =>
  new Refusal(401, { code: 'unauthorized', message: 'sign in, or send a key: "Authorization: Bearer hw_…"' });

/** @throws Error at start for a route that does not name who may call it */
export function requiredAccess({ method, url, config }: RouteOptions): Access {
  const access = config?.access;
  if (access && ACCESS.includes(access)) return access;
  throw new Error(`${String(method)} ${url} has no config.access; name who may call it (http/access.ts)`);
}

type KeyDeps = Pick<HttpDeps, 'keys' | 'now' | 'log'>;

/** The key of an Authorization header: null without one. @throws Refusal 401 for a key that is unknown or expired */
export async function keyOf(authorization: string | undefined, deps: KeyDeps): Promise<ApiKey | null> {
  if (authorization === undefined) return null;
  const token = /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1];
  const key = token ? await deps.keys.byHash(createHash('sha256').update(token).digest('hex')) : null;
  if (!key || (key.expiresAt !== null && key.expiresAt <= deps.now())) {
    const message =
      'the key is unknown, removed or expired; make a new one with `key add` and send it as a Bearer token';
    throw new Refusal(401, { code: 'bad_key', message });
  }
  if (key.lastUsedAt === null || deps.now() - key.lastUsedAt > TOUCH_EVERY_MS) {
    // "Last used" is for people: a store that is busy must not fail the request over it.
    deps.keys
      .touch(key.id, deps.now())
      .catch((error: unknown) => deps.log.warn({ error: String(error) }, 'key not touched'));
  }
  return key;
}

/** Guards every route of the scope by its `config.access`. */
export function guard(scope: FastifyInstance, deps: HttpDeps): void {
  scope.decorateRequest('caller', null);
  scope.decorateRequest('site', null);
  scope.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    // Undefined only for addresses without a route, which answer 404.
    if (access === undefined || access === 'public') return;
    request.caller = await callerOf(request, reply, deps);
    if (request.caller === null) throw signInFirst();
    if (access === 'member' && request.caller.kind === 'key') throw membersOnly();
    if (access.startsWith('site:')) request.site = await siteFor(request, request.caller, access, deps);
  });
}

async function callerOf(request: FastifyRequest, reply: FastifyReply, deps: HttpDeps): Promise<Caller | null> {
  const key = await keyOf(request.headers.authorization, deps);
  if (key) return { kind: 'key', key };
  const cookie = request.headers.cookie;
  if (!cookie) return null;
  const session = await deps.accounts.session(cookie);
  if (!session) return null;
  if (!SAFE_METHODS.has(request.method)) requireOwnOrigin(request, deps.publicUrl);
  if (session.setCookies.length > 0) reply.header('set-cookie', session.setCookies);
  const teams = await deps.teams.ofMember(session.member.id);
  return { kind: 'member', member: session.member, teams: teams.map((team) => team.id) };
}

async function siteFor(request: FastifyRequest, caller: Caller, access: Access, deps: HttpDeps): Promise<Site> {
  const id = (request.params as { site: string }).site;
  const site = id.length <= 64 ? await deps.sites.get(id) : null;
  if (!site) throw unknownSite(id);
  if (caller.kind === 'member') {
    if (!caller.teams.includes(site.team)) throw unknownSite(id);
    return site;
  }
  if (caller.key.site !== site.id) throw unknownSite(id);
  if (access === 'site:member') throw membersOnly();
  const scope = access.slice('site:'.length);
  if (!caller.key.scopes.includes(scope)) {
    const message = `the key has the scopes ${caller.key.scopes.join(', ')}; this needs "${scope}" (see \`key add --scopes\`)`;
    throw new Refusal(403, { code: 'missing_scope', message });
  }
  return site;
}

const membersOnly = () =>
  new Refusal(403, { code: 'members_only', message: 'a key cannot do this; sign in to the dashboard' });

/**
 * Refuses what another page sends with our cookie. Same origin is the public address, or whatever address the browser
 * itself used for both the page and this request.
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  const { origin } = request.headers;
  const sameSite = request.headers['sec-fetch-site'];
  const own =
    origin !== undefined &&
    URL.canParse(origin) &&
    (origin === new URL(publicUrl).origin || new URL(origin).host === request.headers.host);
  if (own && (sameSite === undefined || sameSite === 'same-origin')) return;
  const message =
    'the request came from another page than the dashboard; open the dashboard at the address of HEADWATER_URL';
  throw new Refusal(403, { code: 'foreign_origin', message });
}
