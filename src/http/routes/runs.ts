import { z } from 'zod';
import type { ApiScope } from '../api-scope.ts';
import { doneAnswer } from '../contract.ts';
import { recomputeAnswer, runAnswer, runInput, runsAnswer } from '../contract-models.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { answered } from './reports.ts';
import { siteParams } from './sites.ts';

const runParams = siteParams.extend({ run: z.string().max(64) });

/** Saved runs, and how far crediting again has come. */
export function runRoutes(scope: ApiScope, deps: HttpDeps): void {
  const read = { access: 'site:read' } as const;
  const write = { access: 'site:write' } as const;

  scope.get(
    '/sites/:site/runs',
    { config: read, schema: { params: siteParams, response: { 200: runsAnswer } } },
    async ({ site }) => ({ runs: await deps.runs.list(site!) }),
  );

  scope.post(
    '/sites/:site/runs',
    { config: write, schema: { params: siteParams, body: runInput, response: { 201: runAnswer } } },
    async ({ site, body }, reply) => reply.code(201).send(answered(await deps.runs.add(site!, body))),
  );

  scope.get(
    '/sites/:site/runs/:run',
    { config: read, schema: { params: runParams, response: { 200: runAnswer } } },
    async ({ site, params }) => (await deps.runs.get(site!, params.run)) ?? unknown(params.run),
  );

  scope.delete(
    '/sites/:site/runs/:run',
    { config: write, schema: { params: runParams, response: { 200: doneAnswer } } },
    async ({ site, params }) => {
      if (!(await deps.runs.remove(site!, params.run))) unknown(params.run);
      return { done: true as const };
    },
  );

  scope.get(
    '/sites/:site/recompute',
    { config: read, schema: { params: siteParams, response: { 200: recomputeAnswer } } },
    async ({ site }) => deps.recomputeOf(site!),
  );
}

function unknown(id: string): never {
  const message = `run: this site has no saved run "${id}"`;
  throw new Refusal(404, { code: 'unknown_run', field: 'run', message });
}
