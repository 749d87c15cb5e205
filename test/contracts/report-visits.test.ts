// Visits counted by the store and by a few lines that read every hit: visitors of one visit and of many, visits told in
// parts and over midnight, robots, hits that come late, and more labels than are shown.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { OTHER } from '../../src/core/report.ts';
import type { Event } from '../../src/core/event.ts';
import type { Dimension, FilterNode, ReportQuery } from '../../src/core/report.ts';
import { at, event, openReports } from './report-facts.ts';

const SITE = 'site-1';
const RANGE = { from: '2026-03-04', to: '2026-03-05', timezone: 'America/New_York' };
const [FROM_MS, TO_MS] = [at('2026-03-04T05:00:00Z'), at('2026-03-06T05:00:00Z')];
const DAY_MS = 86_400_000;
const SHOWN = 3;
const METRICS = ['visitors', 'sessions', 'pageviews', 'events', 'bounce_rate', 'visit_duration'] as const;

let seed = 7;
/** The same ones in every run. */
function random(below: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((seed / 2 ** 31) * below);
}

/** 150 visitors in the days around the range: half of them come once, the others up to four times. */
function hits(): Event[] {
  return Array.from({ length: 150 }, (_, visitor) => {
    const visits = visitor % 2 === 0 ? 1 : 1 + random(4);
    return Array.from({ length: visits }, (__, visit) => hitsOfVisit(`v${visitor}`, `v${visitor}-${visit}`));
  }).flat(2);
}

function hitsOfVisit(visitor: string, session: string): Event[] {
  const startsAt = FROM_MS - DAY_MS + random(4 * DAY_MS);
  const bot = random(15) === 0 ? 'crawler' : '';
  return Array.from({ length: 1 + random(4) }, (_, hit) => {
    const when = new Date(startsAt + hit * 3_600_000 + random(3_600_000)).toISOString();
    const fields = { source: hit === 0 && random(3) > 0 ? `source${random(6)}` : '', path: `/page/${random(8)}` };
    const name = random(5) === 0 ? 'signup' : 'pageview';
    return event(SITE, visitor, when, { ...fields, session, name, bot: random(3) > 0 ? bot : '' });
  });
}

interface Visit {
  visitor: string;
  source: string;
  landing_page: string;
  day: string;
  hits: Event[];
}

/** Every visit that began in the range. */
function visitsOf(events: readonly Event[], bots: 'include' | 'exclude'): Visit[] {
  return Object.values(Object.groupBy(events, ({ session }) => session)).flatMap((all): Visit[] => {
    const inOrder = all!.toSorted((a, b) => a.occurredAt - b.occurredAt);
    const [first] = inOrder as [Event];
    const isRobot = inOrder.some(({ bot }) => bot !== '') && bots === 'exclude';
    if (isRobot || first.occurredAt < FROM_MS || first.occurredAt >= TO_MS) return [];
    const landed = inOrder.find(({ name }) => name === 'pageview') ?? first;
    // New York is five hours behind.
    const day = new Date(first.occurredAt - 5 * 3_600_000).toISOString().slice(0, 10);
    const tags = { source: first.source || '(direct)', landing_page: landed.path, day };
    return [{ visitor: first.visitor, ...tags, hits: inOrder }];
  });
}

function measured(visits: readonly Visit[]) {
  const lasted = visits.map(({ hits: all }) => all.at(-1)!.occurredAt - all[0]!.occurredAt);
  const rate = (above: number) => (visits.length === 0 ? null : Math.round((above / visits.length) * 1e6) / 1e6);
  return {
    visitors: new Set(visits.map(({ visitor }) => visitor)).size,
    sessions: visits.length,
    pageviews: visits.flatMap(({ hits: all }) => all.filter(({ name }) => name === 'pageview')).length,
    events: visits.flatMap(({ hits: all }) => all).length,
    bounce_rate: rate(visits.filter(({ hits: all }) => all.length === 1).length),
    visit_duration: rate(lasted.reduce((sum, one) => sum + one, 0) / 1_000),
  };
}

/** Rows as the report orders them: most visitors first, the rest under one name. */
function expected(visits: readonly Visit[], dimensions: readonly (keyof Visit & Dimension)[]) {
  const byLabel = Object.groupBy(visits, (visit) => dimensions.map((name) => visit[name]).join('\0'));
  const ranked = Object.entries(byLabel)
    .map(([label, some]) => ({ label, some: some!, visitors: measured(some!).visitors }))
    .sort((a, b) => b.visitors - a.visitors || (a.label < b.label ? -1 : 1));
  const named = (labels: readonly string[]) =>
    Object.fromEntries(dimensions.map((dimension, index) => [dimension, labels[index]!]));
  const rows = ranked.slice(0, SHOWN).map(({ label, some }) => ({ ...named(label.split('\0')), ...measured(some) }));
  const rest = ranked.slice(SHOWN).flatMap(({ some }) => some);
  return rest.length === 0 ? rows : [...rows, { ...named(dimensions.map(() => OTHER)), ...measured(rest) }];
}

const QUESTIONS: [(keyof Visit & Dimension)[], FilterNode[], (visit: Visit) => boolean][] = [
  [['source'], [], () => true],
  [['landing_page'], [], () => true],
  [['source', 'day'], [], () => true],
  [['landing_page'], [['source', 'is', ['source2', '(direct)']]], ({ source }) => /source2|direct/.test(source)],
  [['source'], [['day', 'is', ['2026-03-04']]], ({ day }) => day === '2026-03-04'],
];

describe('visits near a range', () => {
  const { events, report } = openReports();
  const all = hits();
  before(async () => {
    const parts = Object.values(Object.groupBy(all, () => random(6)));
    for (const part of parts) await events(part!);
  });

  for (const bots of ['exclude', 'include'] as const) {
    for (const [dimensions, filters, isAsked] of QUESTIONS) {
      test(`by ${dimensions.join(' and ')}, ${filters.flat(3).join(' ') || 'all'}, robots: ${bots}`, async () => {
        const question: Partial<ReportQuery> = { ...RANGE, metrics: [...METRICS], dimensions, filters, bots };
        const order = { key: 'visitors', descending: true } as const;
        const answer = await report(SITE, { ...question, order, limit: SHOWN });
        const visits = visitsOf(all, bots).filter(isAsked);
        assert.deepEqual(answer.rows, expected(visits, dimensions));
        assert.deepEqual(answer.totals, measured(visits));
        const undivided = await report(SITE, { ...question, dimensions: [] });
        assert.deepEqual(undivided.totals, measured(visits));
      });
    }
  }
});
