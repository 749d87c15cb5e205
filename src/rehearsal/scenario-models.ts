import { DEFAULT_MODEL_SETTINGS, type ModelSettings, problemOf, type Renewals } from '../core/attribution/settings.ts';

/** How stories speak of what a site chooses about the models: as its settings, and as settings of one question. */
export type ModelWish = Partial<ModelSettings> & { renewals?: Renewals };

/** How a report is asked for, beside what it is about. */
export interface Asked {
  /** Of the story: only what is dated on it; null: everything. */
  day: number | null;
  /** Refunds and disputes are dated by themselves, or by their payment. */
  by: 'entry_date' | 'payment_date';
  /** Settings of this question only; null: the site's. */
  whatIf: Partial<ModelSettings> | null;
}

/** How to complain. */
type Fail = (reason: string) => Error;

interface Word {
  /** What may be written, for who wrote something else. */
  values: string;
  /** Null: no such value. */
  read(value: string): ModelWish | null;
}

const WORDS: Record<string, Word> = {
  lookback: { values: '7 days or lifetime', read: readLookback },
  'half-life': { values: '3 days or 36 hours', read: readHalfLife },
  'position weights': { values: '60/10/30', read: readPositionWeights },
  'custom weights': { values: 'from start 50, 20; others 20; from end 10', read: readCustomWeights },
  'direct visits': {
    values: 'ignored or kept',
    read: (value) => choice(value, { ignored: { ignoreDirect: true }, kept: { ignoreDirect: false } }),
  },
  repeats: {
    values: 'collapsed or kept',
    read: (value) => choice(value, { collapsed: { collapseRepeats: true }, kept: { collapseRepeats: false } }),
  },
  renewals: {
    values: 'the first path or the latest touch, after "follow"',
    read: (value) =>
      choice(value, {
        'the first path': { renewals: 'first_path' },
        'the latest touch': { renewals: 'latest_touch' },
      }),
  },
};
const NOUNS = Object.keys(WORDS).join(', ');

/** What a story changes of its site. */
export type SiteWish = ModelWish & { offStripe?: boolean };

/** `the site's lookback is 7 days`: a setting, before the story or in its midst. Null: the statement is another. */
export function readSiteSetting(statement: string, fail: Fail): SiteWish | null {
  const [, said] = /^the site's (.+)$/.exec(statement) ?? [];
  if (said === undefined) return null;
  const [, offStripe] = /^off-stripe invoices are (counted|left out)$/.exec(said) ?? [];
  if (offStripe !== undefined) return { offStripe: offStripe === 'counted' };
  const [, noun, value] = /^(.+?) (?:is|are|follow) (.+)$/.exec(said) ?? [];
  if (noun === undefined || value === undefined) {
    throw fail(`"${statement}" is not understood; write "the site's lookback is 7 days"; it has ${NOUNS}`);
  }
  return wishOf(noun, value, fail);
}

/** ` on day 3 by payment date if the half-life were 3 days`, any of it; '' is as the site says. */
export function readAsked(text: string, fail: Fail): Asked {
  const [found, day = null, dated, conditions] =
    /^(?: on day (\d{1,4}))?( by payment date)?(?: if (.+))?$/.exec(text) ?? [];
  if (found === undefined) {
    throw fail(`"${text.trim()}" is not understood; write [on day N] [by payment date] [if the half-life were 3 days]`);
  }
  return {
    day: day === null ? null : Number(day),
    by: dated === undefined ? 'entry_date' : 'payment_date',
    whatIf: conditions === undefined ? null : readWhatIf(conditions, fail),
  };
}

function readWhatIf(conditions: string, fail: Fail): Partial<ModelSettings> {
  const whatIf: ModelWish = {};
  for (const condition of conditions.split(' and ')) {
    const [, noun, value] = /^(?:the )?(.+?) (?:was|were) (.+)$/.exec(condition) ?? [];
    if (noun === undefined || value === undefined) {
      throw fail(`"if ${condition}" is not understood; write "if the half-life were 3 days"; there are ${NOUNS}`);
    }
    Object.assign(whatIf, wishOf(noun, value, fail));
  }
  if (whatIf.renewals !== undefined)
    throw fail('what renewals follow can not be asked about; say "the site\'s renewals"');
  return whatIf;
}

function wishOf(noun: string, value: string, fail: Fail): ModelWish {
  const word = Object.hasOwn(WORDS, noun) ? WORDS[noun] : undefined;
  if (word === undefined) throw fail(`"${noun}" is not a setting of the models; they are ${NOUNS}`);
  const wish = word.read(value);
  if (wish === null) throw fail(`"${value}" is not a value of ${noun}; write ${word.values}`);
  const problem = problemOf({ ...DEFAULT_MODEL_SETTINGS, ...wish });
  if (problem !== null) throw fail(problem);
  return wish;
}

function choice(value: string, wishes: Record<string, ModelWish>): ModelWish | null {
  return Object.hasOwn(wishes, value) ? wishes[value]! : null;
}

function readLookback(value: string): ModelWish | null {
  if (value === 'lifetime') return { windowDays: null };
  const [, days] = /^(\d{1,4}) days?$/.exec(value) ?? [];
  return days === undefined ? null : { windowDays: Number(days) };
}

function readHalfLife(value: string): ModelWish | null {
  const [, count, unit] = /^(\d{1,5}) (day|hour)s?$/.exec(value) ?? [];
  return count === undefined ? null : { halfLifeHours: Number(count) * (unit === 'day' ? 24 : 1) };
}

function readPositionWeights(value: string): ModelWish | null {
  const percents = /^(\d{1,3})\/(\d{1,3})\/(\d{1,3})$/.exec(value)?.slice(1).map(Number);
  if (percents === undefined) return null;
  const [first, middle, last] = percents as [number, number, number];
  return { positionPercents: { first, middle, last } };
}

function readCustomWeights(value: string): ModelWish | null {
  const list = '(\\d{1,4}(?:, \\d{1,4})*)';
  const [found, fromStart, others, fromEnd] =
    new RegExp(`^(?:from start ${list}; )?others (\\d{1,4})(?:; from end ${list})?$`).exec(value) ?? [];
  if (found === undefined) return null;
  const weights = (text: string | undefined) => text?.split(', ').map(Number) ?? [];
  const custom = { fromStart: weights(fromStart), others: Number(others), fromEnd: weights(fromEnd) };
  return { custom: { name: 'As the story says', ...custom } };
}
