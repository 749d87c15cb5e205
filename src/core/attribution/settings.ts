/**
 * What a site may choose about the models. One value, so that stored credits, a what-if and a saved run are computed by
 * the same functions from the same words. The defaults are what the models are without any setting.
 */
export interface ModelSettings {
  /** Lookback window before the path's end, 1–365 days; null: lifetime. */
  windowDays: number | null;
  /** Direct touchpoints earn nothing when another touchpoint is in the path. */
  ignoreDirect: boolean;
  /** Of touchpoints in a row from the same channel, source, medium and campaign only the first counts. */
  collapseRepeats: boolean;
  /** `position_based`: whole per cents that add up to 100; `middle` is shared by all touchpoints between. */
  positionPercents: PositionPercents;
  /** `time_decay`: hours after which a touchpoint weighs half, 1–8760. */
  halfLifeHours: number;
  /** `custom`; null: the site has none, and `custom` is then the same as `linear`. */
  custom: CustomWeights | null;
}

export interface PositionPercents {
  first: number;
  middle: number;
  last: number;
}

/**
 * Weights by position: whole numbers from 0 to 1,000, of any sum. `position_based` is `{ fromStart: [40], others: 20,
 * fromEnd: [40] }`.
 */
export interface CustomWeights {
  name: string;
  /** The first touchpoint, the second, … */
  fromStart: readonly number[];
  /** The last touchpoint, the last but one, … */
  fromEnd: readonly number[];
  /** Shared by all touchpoints that neither list reaches. */
  others: number;
}

export const DEFAULT_MODEL_SETTINGS: ModelSettings = {
  windowDays: null,
  ignoreDirect: false,
  collapseRepeats: false,
  positionPercents: { first: 40, middle: 20, last: 40 },
  halfLifeHours: 168,
  custom: null,
};

/**
 * Which path the renewals of a subscription follow: that of its beginning, or all touchpoints up to each renewal. It
 * decides where a path ends, so it can not be asked about without crediting again.
 */
export const RENEWALS = ['first_path', 'latest_touch'] as const;
export type Renewals = (typeof RENEWALS)[number];

/** What a site's stored settings come to: what it has not said is the default. */
export function modelSettingsOf(stored: {
  windowDays: number | null;
  models?: Omit<ModelSettings, 'windowDays'> | undefined;
}): ModelSettings {
  return { ...DEFAULT_MODEL_SETTINGS, ...stored.models, windowDays: stored.windowDays };
}

/** What of the settings divides a payment among the touchpoints of a path: a name does not. */
export function weighingOf({ positionPercents, halfLifeHours, custom }: ModelSettings): unknown[] {
  const { first, middle, last } = positionPercents;
  return [first, middle, last, halfLifeHours, custom && [custom.fromStart, custom.others, custom.fromEnd]];
}

/** Whether two settings give every model the same credits. */
export function isSameSettings(a: ModelSettings, b: ModelSettings): boolean {
  const said = (of: ModelSettings) => [of.windowDays, of.ignoreDirect, of.collapseRepeats, ...weighingOf(of)];
  return JSON.stringify(said(a)) === JSON.stringify(said(b));
}

export const WINDOW_MAX_DAYS = 365;
export const HALF_LIFE_MAX_HOURS = 8_760;
export const CUSTOM_NAME_MAX_LENGTH = 60;
export const CUSTOM_MAX_POSITIONS = 20;
export const CUSTOM_MAX_WEIGHT = 1_000;

/** What is wrong with the settings, in one sentence that names the field and what it may be; null when nothing is. */
export function problemOf(settings: ModelSettings): string | null {
  const { windowDays, halfLifeHours } = settings;
  if (windowDays !== null && !isWhole(windowDays, 1, WINDOW_MAX_DAYS)) {
    return `the lookback window is a whole number of days from 1 to ${WINDOW_MAX_DAYS}, or lifetime; not ${windowDays}`;
  }
  if (!isWhole(halfLifeHours, 1, HALF_LIFE_MAX_HOURS)) {
    return `the half-life is a whole number of hours from 1 to ${HALF_LIFE_MAX_HOURS}; not ${halfLifeHours}`;
  }
  return problemOfPercents(settings.positionPercents) ?? (settings.custom ? problemOfCustom(settings.custom) : null);
}

function problemOfPercents({ first, middle, last }: PositionPercents): string | null {
  const percents = [first, middle, last];
  const shown = percents.join('/');
  if (!percents.every((percent) => isWhole(percent, 0, 100))) {
    return `first, middle and last are whole per cents from 0 to 100; not ${shown}`;
  }
  return first + middle + last === 100 ? null : `first, middle and last add up to 100 per cent; ${shown} does not`;
}

function problemOfCustom({ name, fromStart, fromEnd, others }: CustomWeights): string | null {
  if (name.trim() === '' || name.length > CUSTOM_NAME_MAX_LENGTH) {
    return `custom weights have a name of 1 to ${CUSTOM_NAME_MAX_LENGTH} characters`;
  }
  if (fromStart.length > CUSTOM_MAX_POSITIONS || fromEnd.length > CUSTOM_MAX_POSITIONS) {
    return `custom weights name at most ${CUSTOM_MAX_POSITIONS} positions from the start and as many from the end`;
  }
  const weights = [...fromStart, ...fromEnd, others];
  const wrong = weights.find((weight) => !isWhole(weight, 0, CUSTOM_MAX_WEIGHT));
  if (wrong !== undefined) return `custom weights are whole numbers from 0 to ${CUSTOM_MAX_WEIGHT}; not ${wrong}`;
  return weights.some((weight) => weight > 0) ? null : 'at least one custom weight is above 0';
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
