import { conditionsIn } from '../../core/report-filters.ts';
import { EVENT_DIMENSIONS } from '../../core/report-scope.ts';
import type { Dimension, ReportQuery } from '../../core/report.ts';
import {
  COLUMN_DIMENSIONS,
  daysAround,
  inRange,
  isColumn,
  labelColumns,
  labelOf,
  type ColumnDimension,
  type Sql,
  type Vocabulary,
} from './report-dimensions.ts';
import { filterSql } from './report-filters.ts';
import { firstOf, lastOf, textOf } from './ranked.ts';

/**
 * Visits. A session counts where it started, with all its pageviews; its tags are those of its first event. Hits without
 * identity have no session and no visitor: they add to pageviews and events only, with the tags they came with.
 */
export const VISIT_MEASURES = {
  lone_visitors: `sum(lone)`,
  known_visitors: `uniqExactIf(visitor_key, visitor_key != 0)`,
  sessions: `sum(sessions)`,
  pageviews: `sum(views)`,
  events: `sum(hits)`,
  bounced: `sum(bounces)`,
  session_views: `sum(session_views)`,
  duration_ms: `sum(lasted_ms)`,
} as const;

/** By page and by event a session counts wherever one of its events does. */
export const EVENT_MEASURES = {
  lone_visitors: 'toUInt64(0)',
  known_visitors: VISIT_MEASURES.known_visitors,
  sessions: `uniqExactIf(session_key, session_key != 0)`,
  pageviews: VISIT_MEASURES.pageviews,
  events: VISIT_MEASURES.events,
} as const;

export function isEventLevel(query: ReportQuery): boolean {
  const named = [...query.dimensions, ...conditionsIn(query.filters).map(([dimension]) => dimension)];
  return named.some((dimension) => EVENT_DIMENSIONS.includes(dimension));
}

/**
 * With d0, d1, …: one row per session of a visitor with several, one per labels of the others together, and one per hit
 * without identity. `lone`: how many visitors the row stands for without a key.
 *
 * @param isDistinct only rows with a key: what has to be told apart
 */
export function visitRows(query: ReportQuery, dimensions: readonly Dimension[], isDistinct = false): Sql {
  const sessions: Vocabulary = { column: (dimension) => `tag_${dimension}`, at: 'started_at', special: {} };
  const filters = filterSql(query.filters, sessions);
  const bots = query.bots === 'include' ? '' : ` AND marked = 0`;
  const text = `
    SELECT ${labelColumns(dimensions, sessions)} if(is_lone, parts, 0) AS lone, if(is_lone, 0, one_visitor) AS visitor_key,
      if(is_lone, parts, 1) AS sessions, if(is_lone, small_parts, toUInt64(session_hits <= 1)) AS bounces,
      session_views, session_views AS views, session_hits AS hits,
      if(is_lone, parts_ms, toUInt64(greatest(toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at), 0))) AS lasted_ms
    FROM (${mergedSessions(query, dimensions, isDistinct)})
    WHERE is_lone OR ${inRange('started_at')}${bots}${filters.text}`;
  const counted = query.metrics.includes('pageviews') || query.metrics.includes('events');
  return {
    text: counted && !isDistinct ? `${text} UNION ALL ${anonymousRows(query, dimensions)}` : text,
    params: filters.params,
  };
}

/**
 * Most visitors have one row in a range. Where that is so nothing is left to merge or to tell apart, and the rows are added
 * up by what the question asks for: a key for each of them would cost more than all else. The others as in sessionTags.
 */
function mergedSessions(query: ReportQuery, dimensions: readonly Dimension[], isDistinct: boolean): string {
  const row: Vocabulary = { column: (dimension) => textOf(columnOf(dimension)), at: 's.first_at', special: {} };
  const columns = columnsOf(query, dimensions);
  // By what is kept and not by what it is called: empty and "(direct)" meet again among the labels.
  const labels = dimensions.map((dimension) => (isColumn(dimension) ? row.column(dimension) : labelOf(dimension, row)));
  const together = labels.length > 0 ? `cityHash64(${labels.join(', ')})` : 'toUInt64(0)';
  const bots = query.bots === 'include' ? '' : ` AND s.bot = ''`;
  const near = `s.site = {site:String} AND ${daysAround('s.day', 1)}`;
  return `
      WITH s.visitor_key GLOBAL NOT IN (
        SELECT s.visitor_key FROM sessions AS s WHERE ${near} GROUP BY s.visitor_key HAVING count() > 1
      ) AS has_one_row
      SELECT any(has_one_row) AS is_lone, any(s.visitor_key) AS one_visitor, min(s.first_at) AS started_at,
        max(s.last_at) AS ended_at, sum(s.pageviews) AS session_views, sum(s.events) AS session_hits,
        max(s.bot != '') AS marked, count() AS parts, countIf(s.events <= 1) AS small_parts,
        sum(toUInt64(greatest(toUnixTimestamp64Milli(s.last_at) - toUnixTimestamp64Milli(s.first_at), 0))) AS parts_ms${tagColumns(columns)}
      FROM sessions AS s
      WHERE ${near} AND (NOT has_one_row${isDistinct ? '' : ` OR ${inRange('s.first_at')}${bots}${filterSql(query.filters, row).text}`})
      GROUP BY if(has_one_row, ${together}, s.session_key)`;
}

/**
 * Sessions near the range, merged: one may cross midnight UTC, and rows of one day may not be merged yet. A day more on
 * both sides, because a session is kept by the days of its events and counts on the day it started. Told apart by hashes
 * of 64 bits, which group several times faster than two texts; among ten million sessions two meet once in 300,000 reports.
 */
function sessionTags(columns: readonly ColumnDimension[]): string {
  return `
      SELECT s.session_key AS session_key${tagColumns(columns)}
      FROM sessions AS s
      WHERE s.site = {site:String} AND ${daysAround('s.day', 1)}
      GROUP BY s.session_key`;
}

const columnOf = (dimension: ColumnDimension) => `s.${COLUMN_DIMENSIONS[dimension][0]}`;

function tagColumns(columns: readonly ColumnDimension[]): string {
  const tags = columns.map((dimension) => {
    const merged = dimension === 'exit_page' ? lastOf : firstOf;
    return `, ${merged(columnOf(dimension))} AS tag_${dimension}`;
  });
  return tags.join('');
}

/** A hit without a session has neither a first nor a last page. */
const own = (dimension: ColumnDimension): string =>
  dimension === 'landing_page' || dimension === 'exit_page' ? `''` : COLUMN_DIMENSIONS[dimension][0];

function anonymousRows(query: ReportQuery, dimensions: readonly Dimension[]): string {
  const vocabulary: Vocabulary = { column: own, at: 'occurred_at', special: {} };
  const zero = 'toUInt64(0)';
  return `
    SELECT ${labelColumns(dimensions, vocabulary)} ${zero} AS lone, ${zero} AS visitor_key, ${zero} AS sessions, ${zero} AS bounces,
      ${zero} AS session_views, toUInt64(name = 'pageview') AS views, toUInt64(name != 'engagement') AS hits, ${zero} AS lasted_ms
    FROM events
    WHERE site = {site:String} AND visitor = '' AND session = '' AND ${inRange('occurred_at')}
      ${query.bots === 'include' ? '' : `AND bot = ''`}${filterSql(query.filters, vocabulary).text}`;
}

/** Tags of an arrival belong to the session; what an event tells of itself (page, device, place) is its own. */
const SESSION_TAGS: readonly ColumnDimension[] = [
  'channel',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id',
  'referrer',
  'landing_page',
  'exit_page',
];

/**
 * One row per event, with d0, d1, …; joined with its session only when a tag of the session is asked for. Events are a
 * subquery, because a cluster refuses to join one distributed table with another.
 */
export function eventRows(query: ReportQuery, dimensions: readonly Dimension[]): Sql {
  const columns = columnsOf(query, dimensions).filter((dimension) => SESSION_TAGS.includes(dimension));
  const vocabulary: Vocabulary = {
    column: (dimension) => {
      const column = own(dimension);
      const event = column === `''` ? column : `e.${column}`;
      return SESSION_TAGS.includes(dimension) ? `if(s.session_key = 0, ${event}, s.tag_${dimension})` : event;
    },
    at: 'e.occurred_at',
    special: { page: `if(e.path = '', '(none)', e.path)`, event: `toString(e.name)` },
  };
  const filters = filterSql(query.filters, vocabulary);
  const join = `LEFT JOIN (${sessionTags(columns)}) AS s ON cityHash64(e.visitor, e.session) = s.session_key`;
  const text = `
    SELECT ${labelColumns(dimensions, vocabulary)} if(e.visitor = '', 0, cityHash64(e.visitor)) AS visitor_key,
      if(e.session = '', 0, cityHash64(e.visitor, e.session)) AS session_key,
      toUInt64(e.name = 'pageview') AS views, toUInt64(e.name != 'engagement') AS hits
    FROM (
      SELECT * FROM events
      WHERE site = {site:String} AND ${inRange('occurred_at')} ${query.bots === 'include' ? '' : `AND bot = ''`}
    ) AS e ${columns.length > 0 ? join : ''}
    WHERE 1${filters.text}`;
  return { text, params: filters.params };
}

function columnsOf(query: ReportQuery, dimensions: readonly Dimension[]): ColumnDimension[] {
  const named = [...dimensions, ...conditionsIn(query.filters).map(([dimension]) => dimension)];
  return [...new Set(named.filter(isColumn))];
}
