import { z } from 'zod';
import { SPEND_PLATFORMS } from '../../core/spend.ts';
import { SPEND_BYTES_MAX } from '../../spend/decode.ts';
import type { ApiScope } from '../api-scope.ts';
import { doneAnswer } from '../contract.ts';
import {
  spendAliasInput,
  spendAnswer,
  spendImportAnswer,
  spendQuery,
  spendRowsInput,
  spendSwitches,
} from '../contract-spend.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal, unknownField } from '../errors.ts';
import { refuseEncodedBodies } from '../raw-body.ts';
import { siteParams } from './sites.ts';

const importParams = siteParams.extend({ import: z.string().max(64) });
/** JSON writes the same rows longer than a file does. */
const ROWS_BYTES_MAX = 3 * SPEND_BYTES_MAX;

/** What advertising cost: imports, how campaigns are joined with visitors, and taking an import back. */
export function spendRoutes(api: ApiScope, deps: Pick<HttpDeps, 'spend'>): void {
  api.get(
    '/sites/:site/spend',
    {
      config: { access: 'site:read' },
      schema: { params: siteParams, querystring: spendQuery, response: { 200: spendAnswer } },
    },
    async ({ site, query }) => deps.spend.page(site!, query),
  );

  api.register(async (scope: ApiScope) => takeSpend(scope, deps));

  api.delete(
    '/sites/:site/spend/imports/:import',
    { config: { access: 'site:write' }, schema: { params: importParams, response: { 200: doneAnswer } } },
    async ({ site, params }) => {
      if (await deps.spend.undo(site!, params.import)) return { done: true as const };
      const message = `import: this site has no import "${params.import}", or it was undone before; see GET /api/v1/sites/${site!.id}/spend`;
      throw new Refusal(404, { code: 'unknown_import', field: 'import', message });
    },
  );

  api.post(
    '/sites/:site/spend/aliases',
    {
      config: { access: 'site:write' },
      schema: { params: siteParams, body: spendAliasInput, response: { 200: doneAnswer } },
    },
    async ({ site, body: { campaign_key: campaignKey, ...alias } }) => {
      await deps.spend.alias(site!, { ...alias, campaignKey });
      return { done: true as const };
    },
  );
}

/** A scope of its own: here files are taken as the bytes they are. */
function takeSpend(scope: ApiScope, deps: Pick<HttpDeps, 'spend'>): void {
  const asBytes = { parseAs: 'buffer' as const };
  scope.addHook('onRequest', async (request) => refuseEncodedBodies(request));
  for (const type of ['text/csv', 'text/tab-separated-values', 'text/plain', 'application/octet-stream']) {
    scope.addContentTypeParser(type, asBytes, (_request, body, done) => done(null, body));
  }
  scope.post(
    '/sites/:site/spend',
    {
      config: { access: 'site:write' },
      bodyLimit: ROWS_BYTES_MAX,
      schema: {
        description: 'JSON rows as below, or an export of an ad platform with the content type text/csv.',
        params: siteParams,
        querystring: spendSwitches,
        // Whatever is not JSON is bytes, and read by the use case.
        body: spendRowsInput.or(z.unknown()),
        response: { 200: spendImportAnswer },
      },
    },
    async ({ site, query, body }) => {
      const { preview, partial, name, ...said } = query;
      const switches = { preview: preview === 'true', partial: partial === 'true' };
      if (Buffer.isBuffer(body)) {
        const options = { ...said, platform: said.platform ?? null, dates: said.dates ?? null };
        const file = {
          ...options,
          currency: said.currency?.toLowerCase() ?? null,
          source: said.source ?? null,
          medium: said.medium ?? null,
          account: said.account ?? null,
        };
        return deps.spend.import(
          site!,
          { kind: 'file', name: name ?? 'spend.csv', bytes: body, options: file },
          switches,
        );
      }
      const parsed = spendRowsInput.safeParse(body);
      if (!parsed.success) throw refusedRows(parsed.error);
      return deps.spend.import(site!, { kind: 'rows', name: name ?? 'API', rows: parsed.data.rows }, switches);
    },
  );
}

function refusedRows(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  const isUnknown = issue?.code === 'unrecognized_keys';
  const path = [...(issue?.path ?? []), ...(isUnknown ? [unknownField(issue.keys)] : [])];
  const field = path.join('.') || 'body';
  const example = `{"rows":[{"date":"2026-11-21","source":"google","medium":"cpc","campaign":"brand","amount":1200,"currency":"usd"}]}`;
  const message = `${field}: ${isUnknown ? 'is not known here' : (issue?.message ?? 'cannot be read')}; send ${example} (amounts in minor units; platforms: ${SPEND_PLATFORMS.join(', ')})`;
  return new Refusal(400, { code: 'invalid', field, message });
}
