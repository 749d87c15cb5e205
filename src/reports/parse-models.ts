import { DATA_DRIVEN_MODELS } from '../core/attribution/data-driven.ts';
import type { DataDrivenModel } from '../core/attribution/data-driven.ts';
import { MARKOV_ORDERS } from '../core/attribution/markov.ts';
import type { MarkovOrder } from '../core/attribution/markov.ts';
import { DEFAULT_MODEL, RULE_MODELS } from '../core/attribution/models.ts';
import type { RuleModel } from '../core/attribution/models.ts';
import { CUSTOM_MAX_WEIGHT, isSameSettings, modelSettingsOf, problemOf } from '../core/attribution/settings.ts';
import type { ModelSettings } from '../core/attribution/settings.ts';
import { listOf, oneOf, Refused, shorten } from './refused.ts';

export type AnyModel = RuleModel | DataDrivenModel;
export const ANY_MODELS: readonly AnyModel[] = [...RULE_MODELS, ...DATA_DRIVEN_MODELS];

export const MODEL_PARAMETERS = [
  'model',
  'models',
  'window',
  'half_life',
  'weights',
  'custom',
  'direct',
  'repeats',
  'markov_order',
] as const;
type ModelParameter = (typeof MODEL_PARAMETERS)[number];

/** What a question says about models. */
export interface AskedModels {
  /** The rule-based model that credits are read by: for a data-driven one, that by which its shares are laid out. */
  model: RuleModel;
  /** Set when the model is data-driven. */
  dataDriven: DataDrivenModel | null;
  markovOrder: MarkovOrder;
  /** Several models side by side; null: one. */
  models: readonly AnyModel[] | null;
  /** Every setting that holds for the answer. */
  settings: ModelSettings;
  /** True when they are the site's own: the stored credits were made with them. */
  isOwn: boolean;
}

export function readModels(
  raw: Readonly<Partial<Record<ModelParameter, string>>>,
  stored: Parameters<typeof modelSettingsOf>[0],
): AskedModels {
  const asked = oneOf(raw.model, 'model', ANY_MODELS) ?? DEFAULT_MODEL;
  const models = listOf(raw.models, 'models', ANY_MODELS) ?? null;
  if (models !== null && raw.model) throw new Refused('model', 'is not needed beside models; leave one of them out');
  const own = modelSettingsOf(stored);
  const settings: ModelSettings = {
    windowDays: readWindow(raw.window) ?? own.windowDays,
    ignoreDirect: isChosen(oneOf(raw.direct, 'direct', ['ignore', 'keep'] as const), 'ignore') ?? own.ignoreDirect,
    collapseRepeats:
      isChosen(oneOf(raw.repeats, 'repeats', ['collapse', 'keep'] as const), 'collapse') ?? own.collapseRepeats,
    positionPercents: readPercents(raw.weights) ?? own.positionPercents,
    halfLifeHours: readHalfLife(raw.half_life) ?? own.halfLifeHours,
    custom: readCustom(raw.custom) ?? own.custom,
  };
  if (raw.window === 'lifetime') settings.windowDays = null;
  refuseProblem({ ...own, windowDays: settings.windowDays }, 'window');
  refuseProblem({ ...own, halfLifeHours: settings.halfLifeHours }, 'half_life');
  refuseProblem({ ...own, positionPercents: settings.positionPercents }, 'weights');
  refuseProblem({ ...own, custom: settings.custom }, 'custom');
  const dataDriven = DATA_DRIVEN_MODELS.find((name) => name === asked) ?? null;
  const order = oneOf(raw.markov_order, 'markov_order', ['1', '2', '3'] as const);
  return {
    model: dataDriven === null ? (asked as RuleModel) : 'linear',
    dataDriven,
    markovOrder: MARKOV_ORDERS.find((one) => String(one) === order) ?? 1,
    models,
    settings,
    isOwn: isSameSettings(settings, own),
  };
}

function refuseProblem(settings: ModelSettings, field: ModelParameter): void {
  const problem = problemOf(settings);
  if (problem !== null) throw new Refused(field, problem);
}

const isChosen = (value: string | undefined, chosen: string) => (value === undefined ? undefined : value === chosen);

/** Days; null: lifetime, or not said. */
function readWindow(value: string | undefined): number | null {
  if (value === undefined || value === '' || value === 'lifetime') return null;
  const match = /^([1-9]\d{0,3})d$/.exec(value);
  if (!match) throw new Refused('window', `"${shorten(value)}" is not a window; write days as 30d, or lifetime`);
  return Number(match[1]);
}

function readHalfLife(value: string | undefined): number | null {
  if (value === undefined || value === '') return null;
  const match = /^([1-9]\d{0,4})([dh])$/.exec(value);
  if (!match)
    throw new Refused('half_life', `"${shorten(value)}" is not a half-life; write days as 7d, or hours as 36h`);
  return Number(match[1]) * (match[2] === 'd' ? 24 : 1);
}

function readPercents(value: string | undefined): ModelSettings['positionPercents'] | null {
  if (value === undefined || value === '') return null;
  const match = /^(\d{1,3})\/(\d{1,3})\/(\d{1,3})$/.exec(value);
  if (!match) {
    throw new Refused('weights', `"${shorten(value)}" are not the weights of position_based; write them as 40/20/40`);
  }
  return { first: Number(match[1]), middle: Number(match[2]), last: Number(match[3]) };
}

/** From the start; all others; from the end: '50,20;20;10'. */
function readCustom(value: string | undefined): ModelSettings['custom'] {
  if (value === undefined || value === '') return null;
  const parts = value.split(';');
  const weight = (text: string) => {
    if (/^\d{1,4}$/.test(text)) return Number(text);
    const most = CUSTOM_MAX_WEIGHT;
    throw new Refused('custom', `"${shorten(text)}" is not a weight; weights are whole numbers from 0 to ${most}`);
  };
  const [fromStart, others, fromEnd] = parts.map((part) => (part === '' ? [] : part.split(',').map(weight)));
  if (parts.length !== 3 || others!.length !== 1) {
    const example = 'write from start; others; from end, as 50,20;20;10';
    throw new Refused('custom', `"${shorten(value)}" are not weights by position; ${example}`);
  }
  return { name: 'asked', fromStart: fromStart!, others: others![0]!, fromEnd: fromEnd! };
}
