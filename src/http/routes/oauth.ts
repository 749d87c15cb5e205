import type { ApiScope } from '../api-scope.ts';
import { oauthAnswer, oauthCallback } from '../contract.ts';
import type { HttpDeps } from '../deps.ts';
import { Refusal } from '../errors.ts';
import { siteParams } from './sites.ts';

const notSetUp = () =>
  new Refusal(404, {
    code: 'oauth_not_set_up',
    message: 'connecting by Stripe’s page is not set up here; paste a key, or set STRIPE_CLIENT_ID',
  });

/** Connecting by Stripe's own page: there with a sealed state, back with a code. */
export function oauthRoutes(scope: ApiScope, deps: HttpDeps): void {
  const { oauth, sites } = deps;

  scope.post(
    '/sites/:site/stripe/oauth',
    {
      config: { access: 'site:member' },
      schema: { hide: true, params: siteParams, response: { 200: oauthAnswer } },
    },
    async ({ site, caller }) => {
      if (!oauth || caller?.kind !== 'member') throw notSetUp();
      return { url: oauth.begin(site!.id, caller.member.id) };
    },
  );

  scope.get(
    '/oauth/stripe/callback',
    { config: { access: 'member' }, schema: { hide: true, querystring: oauthCallback } },
    async ({ query, caller }, reply) => {
      if (caller?.kind === 'member' && caller.teams.length === 0) {
        const message = 'your account belongs to no team (any more); ask its owner for a link (`member add`)';
        throw new Refusal(403, { code: 'no_team', message });
      }
      if (!oauth || caller?.kind !== 'member') throw notSetUp();
      const { state, code } = query;
      const site = await sites.get(oauth.siteOf(state, caller.member.id));
      if (!site || !caller.teams.includes(site.team)) {
        throw new Refusal(404, { code: 'unknown_site', message: 'site: it is gone, or not yours any more' });
      }
      const back = (outcome: Record<string, string>) =>
        reply.redirect(`/sites/${encodeURIComponent(site.id)}/settings/revenue?${new URLSearchParams(outcome)}`, 303);
      if (code === undefined) return back({ stripe: query.error_description ?? query.error ?? 'Stripe sent no code' });
      try {
        await oauth.finish({ state, member: caller.member.id, code });
      } catch (error) {
        if ((error as Error).name !== 'ConnectRefused') throw error;
        return back({ stripe: (error as Error).message.slice(0, 300) });
      }
      return back({ stripe: 'connected' });
    },
  );
}
