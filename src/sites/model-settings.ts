import { isSameSettings, modelSettingsOf, problemOf } from '../core/attribution/settings.ts';
import type { ModelSettings, Renewals } from '../core/attribution/settings.ts';
import type { SiteModelsAnswer, SiteModelsChange } from '../http/contract-models.ts';
import type { SiteSettings } from '../storage/records/records.ts';

type Stored = Pick<SiteSettings, 'windowDays' | 'models' | 'renewals'>;

export type ChangedModels =
  { ok: true; value: Required<Stored> } | { ok: false; code: 'invalid'; field: string; message: string };

/** What a site's settings become by a change that names some of them. */
export function changeModels(stored: Stored, change: SiteModelsChange): ChangedModels {
  const before = modelSettingsOf(stored);
  const custom = change.custom === undefined ? before.custom : fromAnswer(change.custom);
  const after: ModelSettings = {
    windowDays: change.window_days === undefined ? before.windowDays : change.window_days,
    ignoreDirect: change.ignore_direct ?? before.ignoreDirect,
    collapseRepeats: change.collapse_repeats ?? before.collapseRepeats,
    positionPercents: change.position_percents ?? before.positionPercents,
    halfLifeHours: change.half_life_hours ?? before.halfLifeHours,
    custom,
  };
  const problem = problemOf(after);
  if (problem !== null) return { ok: false, code: 'invalid', field: 'models', message: `models: ${problem}` };
  const { windowDays, ...models } = after;
  return { ok: true, value: { windowDays, models, renewals: change.renewals ?? renewalsOf(stored) } };
}

function fromAnswer(custom: SiteModelsAnswer['custom']): ModelSettings['custom'] {
  if (custom === null) return null;
  return { name: custom.name, fromStart: custom.from_start, others: custom.others, fromEnd: custom.from_end };
}

export function renewalsOf({ renewals = 'first_path' }: Pick<Stored, 'renewals'>): Renewals {
  return renewals;
}

/** Whether both credit every payment the same. */
export function isSameCrediting(a: Stored, b: Stored): boolean {
  return isSameSettings(modelSettingsOf(a), modelSettingsOf(b)) && renewalsOf(a) === renewalsOf(b);
}
