import type { ModelWish, SiteWish } from './scenario-models.ts';
import type { HitTarget } from './visitors.ts';

/** What a story says about its site and the models, as the API has it: a change, or parameters of one report. */
export async function changeSite(target: Pick<HitTarget, 'url' | 'site' | 'serverKey'>, wish: SiteWish): Promise<void> {
  const { offStripe, windowDays, ignoreDirect, collapseRepeats, positionPercents, halfLifeHours, custom, renewals } =
    wish;
  // What the story does not name is undefined, which JSON leaves out: the site keeps it.
  const models = {
    window_days: windowDays,
    ignore_direct: ignoreDirect,
    collapse_repeats: collapseRepeats,
    position_percents: positionPercents,
    half_life_hours: halfLifeHours,
    custom: custom && {
      name: custom.name,
      from_start: custom.fromStart,
      others: custom.others,
      from_end: custom.fromEnd,
    },
    renewals,
  };
  const answer = await fetch(`${target.url}/api/v1/sites/${target.site}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${target.serverKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ models, off_stripe: offStripe }),
  });
  if (!answer.ok) throw new Error(`the site's settings answered ${answer.status}: ${await answer.text()}`);
}

/** Parameters of a report with other settings than the site's. */
export function whatIfQuery(wish: Omit<ModelWish, 'renewals'>): Record<string, string> {
  const { windowDays, ignoreDirect, collapseRepeats, positionPercents: percents, halfLifeHours, custom } = wish;
  const query: Record<string, string> = {};
  if (windowDays !== undefined) query.window = windowDays === null ? 'lifetime' : `${windowDays}d`;
  if (ignoreDirect !== undefined) query.direct = ignoreDirect ? 'ignore' : 'keep';
  if (collapseRepeats !== undefined) query.repeats = collapseRepeats ? 'collapse' : 'keep';
  if (percents) query.weights = `${percents.first}/${percents.middle}/${percents.last}`;
  if (halfLifeHours !== undefined) query.half_life = `${halfLifeHours}h`;
  if (custom) query.custom = `${custom.fromStart.join()};${custom.others};${custom.fromEnd.join()}`;
  return query;
}
