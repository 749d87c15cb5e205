import type { ModelSettings } from '../core/attribution/settings.ts';

/** Settings of the models as http/contract.ts has them (modelSettingsAnswer). */
export function settingsAnswer(settings: ModelSettings) {
  const { positionPercents, custom } = settings;
  return {
    window_days: settings.windowDays,
    ignore_direct: settings.ignoreDirect,
    collapse_repeats: settings.collapseRepeats,
    position_percents: positionPercents,
    half_life_hours: settings.halfLifeHours,
    custom: custom && {
      name: custom.name,
      from_start: [...custom.fromStart],
      others: custom.others,
      from_end: [...custom.fromEnd],
    },
  };
}

export type SettingsAnswer = ReturnType<typeof settingsAnswer>;
