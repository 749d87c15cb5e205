import type { Touchpoint } from '../touchpoint.ts';
import type { ChannelPath } from './data-driven.ts';
import type { RuleModel } from './models.ts';
import type { ModelSettings } from './settings.ts';

/** What the models give, worked out: these tables are tested, and docs/attribution.md shows them. */
export interface Example {
  /** 'google@0 direct@3.5': lands from google on day 0, types the address on day 3 and a half. */
  path: string;
  paidMinor: number;
  /** In the order of the path. */
  credits: readonly number[];
  settings?: Partial<ModelSettings>;
}

export const MODEL_EXAMPLES: Record<RuleModel, readonly Example[]> = {
  first_touch: [
    { path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [100_00, 0, 0] },
    { path: 'direct@0', paidMinor: 50_00, credits: [50_00] },
  ],
  last_touch: [{ path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [0, 0, 100_00] }],
  last_non_direct: [
    { path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [0, 100_00, 0] },
    // Somebody who only ever typed the address: direct earned it, and it is not unattributed.
    { path: 'direct@0 direct@2', paidMinor: 50_00, credits: [0, 50_00] },
  ],
  linear: [
    { path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [33_34, 33_33, 33_33] },
    { path: 'newsletter@0 google@3', paidMinor: 5, credits: [3, 2] },
  ],
  position_based: [
    { path: 'google@0', paidMinor: 99_99, credits: [99_99] },
    { path: 'google@0 newsletter@1', paidMinor: 99_99, credits: [50_00, 49_99] },
    { path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [40_00, 20_00, 40_00] },
    { path: 'google@0 x@1 y@2 newsletter@3', paidMinor: 100_00, credits: [40_00, 10_00, 10_00, 40_00] },
    {
      path: 'google@0 x@1 y@2 newsletter@3',
      paidMinor: 100_00,
      settings: { positionPercents: { first: 60, middle: 10, last: 30 } },
      credits: [60_00, 5_00, 5_00, 30_00],
    },
    {
      path: 'google@0 newsletter@1',
      paidMinor: 90_00,
      settings: { positionPercents: { first: 60, middle: 10, last: 30 } },
      credits: [60_00, 30_00],
    },
    {
      path: 'google@0 newsletter@1',
      paidMinor: 90_00,
      settings: { positionPercents: { first: 0, middle: 100, last: 0 } },
      credits: [45_00, 45_00],
    },
  ],
  time_decay: [
    { path: 'google@0 newsletter@7', paidMinor: 90_00, credits: [30_00, 60_00] },
    { path: 'google@0 newsletter@7 x@14', paidMinor: 70_00, credits: [10_00, 20_00, 40_00] },
    { path: 'google@0 newsletter@3.5', paidMinor: 100_00, credits: [41_42, 58_58] },
    { path: 'google@5 newsletter@5', paidMinor: 1_01, credits: [51, 50] },
    // Two years before: no share that a minor unit could hold.
    { path: 'google@0 newsletter@730', paidMinor: 100_000_00, credits: [0, 100_000_00] },
    {
      path: 'google@0 newsletter@1 x@2',
      paidMinor: 70_00,
      settings: { halfLifeHours: 24 },
      credits: [10_00, 20_00, 40_00],
    },
  ],
  custom: [
    { path: 'newsletter@0 google@3 direct@4', paidMinor: 100_00, credits: [33_34, 33_33, 33_33] },
    {
      path: 'a@0 b@1 c@2 d@3 e@4',
      paidMinor: 100_00,
      settings: { custom: { name: 'Openers', fromStart: [50, 20], others: 20, fromEnd: [10] } },
      credits: [50_00, 20_00, 10_00, 10_00, 10_00],
    },
    {
      path: 'a@0 b@1 c@2',
      paidMinor: 100_00,
      settings: { custom: { name: 'Openers', fromStart: [50, 20], others: 20, fromEnd: [10] } },
      credits: [62_50, 25_00, 12_50],
    },
    {
      path: 'a@0 b@1',
      paidMinor: 80_00,
      settings: { custom: { name: 'Openers', fromStart: [50, 20], others: 20, fromEnd: [10] } },
      credits: [50_00, 30_00],
    },
    {
      path: 'a@0',
      paidMinor: 80_00,
      settings: { custom: { name: 'Between only', fromStart: [0], others: 1, fromEnd: [0] } },
      credits: [80_00],
    },
  ],
};

/** What of a visitor's touchpoints is the path of a payment on the last millisecond of `paidOn`. */
export interface PathExample {
  touchpoints: string;
  paidOn: number;
  settings: Partial<ModelSettings>;
  path: string;
}

export const PATH_EXAMPLES: readonly PathExample[] = [
  { touchpoints: 'google@0 news@40 direct@50', paidOn: 50, settings: {}, path: 'google@0 news@40 direct@50' },
  { touchpoints: 'google@0 news@40 direct@50', paidOn: 45, settings: {}, path: 'google@0 news@40' },
  { touchpoints: 'google@0 news@40 direct@50', paidOn: 50, settings: { windowDays: 30 }, path: 'news@40 direct@50' },
  { touchpoints: 'google@0 news@40 direct@50', paidOn: 50, settings: { ignoreDirect: true }, path: 'google@0 news@40' },
  { touchpoints: 'direct@0 direct@4', paidOn: 5, settings: { ignoreDirect: true }, path: 'direct@0 direct@4' },
  {
    touchpoints: 'google@0 google@1 news@2 google@3',
    paidOn: 5,
    settings: { collapseRepeats: true },
    path: 'google@0 news@2 google@3',
  },
  {
    touchpoints: 'google@0 direct@1 google@2',
    paidOn: 5,
    settings: { collapseRepeats: true },
    path: 'google@0 direct@1 google@2',
  },
  {
    touchpoints: 'google@0 direct@1 google@2',
    paidOn: 5,
    settings: { collapseRepeats: true, ignoreDirect: true },
    path: 'google@0',
  },
];

/** Three conversions and three visitors who did not pay. Each payment is 100.00. */
export const DATA_DRIVEN_PATHS: readonly ChannelPath[] = [
  { channels: ['A', 'B', 'C'], conversions: 1, nulls: 0, valueMinor: 100_00 },
  { channels: ['A'], conversions: 0, nulls: 1, valueMinor: 0 },
  { channels: ['B', 'C'], conversions: 1, nulls: 0, valueMinor: 100_00 },
  { channels: ['A', 'C'], conversions: 1, nulls: 0, valueMinor: 100_00 },
  { channels: ['C'], conversions: 0, nulls: 1, valueMinor: 0 },
  { channels: ['B'], conversions: 0, nulls: 1, valueMinor: 0 },
];

/** Per channel: its effect, what it has of three conversions, and of their 300.00. */
export const DATA_DRIVEN_EXAMPLES = {
  markov: [
    { channel: 'C', effect: '1.000000', conversions: '1.565217', creditMinor: 156_52 },
    { channel: 'B', effect: '0.500000', conversions: '0.782609', creditMinor: 78_26 },
    { channel: 'A', effect: '0.416667', conversions: '0.652174', creditMinor: 65_22 },
  ],
  shapley: [
    { channel: 'C', effect: '133.33', conversions: '1.333333', creditMinor: 133_34 },
    { channel: 'A', effect: '83.33', conversions: '0.833333', creditMinor: 83_33 },
    { channel: 'B', effect: '83.33', conversions: '0.833333', creditMinor: 83_33 },
  ],
} as const;

const DAY_MS = 86_400_000;

/** The touchpoints of a path as the examples write it. */
export function journey(text: string): Touchpoint[] {
  return text.split(/ +/).map((landing, index) => {
    const [source, day] = landing.split('@');
    const isDirect = source === 'direct';
    return touch({
      source: isDirect ? '' : source!,
      channel: isDirect ? 'Direct' : source!,
      occurredAt: Number(day) * DAY_MS,
      receivedAt: index,
      session: `s${index}`,
    });
  });
}

export function touch(fields: Partial<Touchpoint>): Touchpoint {
  const acquisition = { source: '', medium: '', campaign: '', term: '', content: '', clickId: '', clickIdKind: '' };
  const arrival = { referrerHost: '', referrer: '', channel: '', landingPage: '/', hostname: '', receivedAt: 0 };
  const device = { country: '', device: '', browser: '', os: '' };
  return { ...acquisition, ...arrival, ...device, visitor: 'v1', session: 's1', occurredAt: 0, ...fields };
}
