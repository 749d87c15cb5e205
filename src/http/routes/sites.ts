import { z } from 'zod';
import { modelSettingsOf } from '../../core/attribution/settings.ts';
import { countsByDay } from '../../core/collect-rules.ts';
import { scriptOf, scriptTag } from '../../core/script-tag.ts';
import { settingsAnswer } from '../../reports/settings-answer.ts';
import { changeCollect, collectAnswer } from '../../sites/collect-settings.ts';
import { changeModels, renewalsOf } from '../../sites/model-settings.ts';
import { checkSite } from '../../sites/site-input.ts';
import type { Checked } from '../../sites/site-input.ts';
import type { Site } from '../../storage/records/records.ts';
import type { ApiScope } from '../api-scope.ts';
import { siteAnswer, siteChange, siteInput, sitesAnswer, siteStatusAnswer } from '../contract-sites.ts';
import type { SiteAnswer } from '../contract-sites.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { pinnedPixel } from '../pixel-files.ts';

export const siteParams = z.object({ site: z.string() });

export function siteRoutes(scope: ApiScope, deps: HttpDeps): void {
  const { sites, now } = deps;

  scope.get(
    '/sites',
    { config: { access: 'caller' }, schema: { response: { 200: sitesAnswer } } },
    async ({ caller }) => {
      if (caller!.kind === 'key') {
        const site = await sites.get(caller!.key.site);
        return { sites: site ? [asAnswer(site)] : [] };
      }
      const lists = await Promise.all(caller!.teams.map((team) => sites.list(team)));
      return { sites: lists.flat().map(asAnswer) };
    },
  );

  scope.post(
    '/sites',
    { config: { access: 'member' }, schema: { body: siteInput, response: { 201: siteAnswer } } },
    async ({ body, caller }, reply) => {
      const checked = accepted(checkSite(body));
      const team = caller!.kind === 'member' ? caller!.teams[0] : undefined;
      if (team === undefined) {
        const message = 'your account belongs to no team (any more); ask its owner for a link (`member add`)';
        throw new Refusal(403, { code: 'no_team', message });
      }
      return reply.code(201).send(asAnswer(await sites.add({ ...checked, team }, now())));
    },
  );

  scope.get(
    '/sites/:site',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: siteAnswer } } },
    async ({ site }) => asAnswer(site!),
  );

  scope.patch(
    '/sites/:site',
    {
      config: { access: 'site:write' },
      schema: { params: siteParams, body: siteChange, response: { 200: siteAnswer } },
    },
    async ({ site, body: { off_stripe: offStripe, models, collect, ...body } }) => {
      const credited = models === undefined ? {} : accepted(changeModels(site!.settings, models));
      const counted = offStripe === undefined ? {} : { offStripe };
      const collected = collect === undefined ? {} : accepted(changeCollect(site!.settings, collect, now()));
      const isChange = [models, offStripe, collect].some((part) => part !== undefined);
      const settings = isChange ? { settings: { ...site!.settings, ...counted, ...credited, ...collected } } : {};
      return asAnswer((await sites.update(site!.id, { ...accepted(checkSite(body)), ...settings })) ?? site!);
    },
  );

  scope.get(
    '/sites/:site/status',
    { config: { access: 'site:read' }, schema: { params: siteParams, response: { 200: siteStatusAnswer } } },
    async ({ site }) => {
      const activity = await deps.siteActivity(site!);
      return {
        ...tagsOf(site!, deps),
        last_hit: activity.lastHit && {
          at: new Date(activity.lastHit.occurredAt).toISOString(),
          url: activity.lastHit.url,
        },
        payments: activity.payments,
        modes: activity.modes,
        default_mode: activity.defaultMode,
      };
    },
  );
}

function tagsOf({ id, settings }: Site, { publicUrl, pixel }: HttpDeps) {
  const script = scriptOf(settings);
  const tag = { base: publicUrl, script, site: id };
  const pinned = pinnedPixel(pixel, script);
  return {
    snippet: scriptTag(tag),
    snippet_pinned: pinned && scriptTag({ ...tag, script: pinned.name, integrity: pinned.integrity }),
    snippet_own_domain: scriptTag({ ...tag, base: '/hw' }),
    cookieless: countsByDay(settings),
  };
}

function accepted<T>(
  checked: Checked<T> | ({ ok: true; value: T } | { ok: false; code: string; field: string; message: string }),
): T {
  if (!checked.ok) throw new Refusal(400, checked);
  return checked.value;
}

function asAnswer({ id, name, domain, timezone, currency, settings, createdAt }: Site): SiteAnswer {
  const created_at = new Date(createdAt).toISOString();
  const collect = collectAnswer(settings);
  const models = { ...settingsAnswer(modelSettingsOf(settings)), renewals: renewalsOf(settings) };
  return { id, name, domain, timezone, currency, off_stripe: settings.offStripe, models, collect, created_at };
}
