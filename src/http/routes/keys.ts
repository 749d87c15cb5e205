import { z } from 'zod';
import { KEY_SCOPES, newKey } from '../../sites/new-key.ts';
import type { ApiKey } from '../../storage/records/records.ts';
import type { ApiScope } from '../api-scope.ts';
import { doneAnswer, keyCreatedAnswer, keyInput, keysAnswer } from '../contract.ts';
import type { KeyAnswer } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

/** Server keys of a site. Members only: a key must not make keys. */
export function keyRoutes(scope: ApiScope, { keys, now }: HttpDeps): void {
  const config = { access: 'site:member' } as const;

  scope.get(
    '/sites/:site/keys',
    { config, schema: { params: siteParams, response: { 200: keysAnswer } } },
    async ({ site }) => ({ keys: (await keys.list(site!.id)).map(asAnswer) }),
  );

  scope.post(
    '/sites/:site/keys',
    { config, schema: { params: siteParams, body: keyInput, response: { 201: keyCreatedAnswer } } },
    async ({ site, body }, reply) => {
      const expiresAt = body.expires_at === undefined ? null : Date.parse(body.expires_at);
      if (expiresAt !== null && expiresAt <= now()) {
        throw new Refusal(400, {
          code: 'invalid',
          field: 'expires_at',
          message: 'expires_at: lies in the past; give a later time',
        });
      }
      const { key, hash, prefix } = newKey();
      const scopes = [...new Set(body.scopes ?? KEY_SCOPES)];
      const stored = await keys.add({ site: site!.id, hash, prefix, scopes, expiresAt }, now());
      return reply.code(201).send({ ...asAnswer(stored), key });
    },
  );

  scope.delete(
    '/sites/:site/keys/:key',
    { config, schema: { params: siteParams.extend({ key: z.string() }), response: { 200: doneAnswer } } },
    async ({ site, params }) => {
      const known = (await keys.list(site!.id)).some((key) => key.id === params.key);
      if (!known) {
        throw new Refusal(404, {
          code: 'unknown_key',
          field: 'key',
          message: 'key: this site has no key with that id',
        });
      }
      await keys.remove(params.key);
      return { done: true as const };
    },
  );
}

function asAnswer(key: ApiKey): KeyAnswer {
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: key.id,
    prefix: key.prefix,
    scopes: key.scopes,
    created_at: new Date(key.createdAt).toISOString(),
    last_used_at: time(key.lastUsedAt),
    expires_at: time(key.expiresAt),
  };
}
