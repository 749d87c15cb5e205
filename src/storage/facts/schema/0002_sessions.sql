-- Sessions by UTC day, merged from their events in any order of arrival. A session that crosses midnight has one row per
-- day: readers group by (site, visitor, session) and merge. `first_*` states are taken from the session's first event,
-- landing_page and exit_page from its first and last pageview (from other events only when it has none).
--
-- The order of events inside a session is one number: the millisecond it happened, then how much later we heard of it
-- (21 bits, 35 minutes), because argMin over a tuple is many times slower than over an integer.
CREATE TABLE IF NOT EXISTS sessions{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  day Date,
  visitor String,
  session String,
  first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
  pageviews SimpleAggregateFunction(sum, UInt64),
  events SimpleAggregateFunction(sum, UInt64),
  bot SimpleAggregateFunction(max, String),
  landing_page AggregateFunction(argMin, String, UInt64),
  exit_page AggregateFunction(argMax, String, UInt64),
  hostname AggregateFunction(argMin, String, UInt64),
  source AggregateFunction(argMin, String, UInt64),
  medium AggregateFunction(argMin, String, UInt64),
  campaign AggregateFunction(argMin, String, UInt64),
  term AggregateFunction(argMin, String, UInt64),
  content AggregateFunction(argMin, String, UInt64),
  click_id AggregateFunction(argMin, String, UInt64),
  referrer_host AggregateFunction(argMin, String, UInt64),
  channel AggregateFunction(argMin, String, UInt64),
  browser AggregateFunction(argMin, String, UInt64),
  os AggregateFunction(argMin, String, UInt64),
  device AggregateFunction(argMin, String, UInt64),
  language AggregateFunction(argMin, String, UInt64),
  country AggregateFunction(argMin, String, UInt64),
  region AggregateFunction(argMin, String, UInt64),
  city AggregateFunction(argMin, String, UInt64)
)
ENGINE = {{replicated}}AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site, day, visitor, session)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS sessions {{on_cluster}} AS sessions_local
ENGINE = Distributed({{cluster}}, currentDatabase(), sessions_local, cityHash64(site, visitor));

CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_view {{on_cluster}} TO sessions{{local}} AS
WITH
  toUInt64(greatest(toUnixTimestamp64Milli(occurred_at), 0)) AS occurred_ms,
  toUInt64(least(greatest(toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(occurred_at), 0), 2097151)) AS lag_ms,
  occurred_ms * 2097152 + lag_ms AS position,
  9223372036854775808 AS second_rank
SELECT
  site,
  toDate(occurred_at) AS day,
  visitor,
  session,
  min(occurred_at) AS first_at,
  max(occurred_at) AS last_at,
  countIf(name = 'pageview') AS pageviews,
  count() AS events,
  max(e.bot) AS bot,
  argMinState(e.path, if(name = 'pageview', position, position + second_rank)) AS landing_page,
  argMaxState(e.path, if(name = 'pageview', position + second_rank, position)) AS exit_page,
  argMinState(toString(e.hostname), position) AS hostname,
  argMinState(e.source, position) AS source,
  argMinState(e.medium, position) AS medium,
  argMinState(e.campaign, position) AS campaign,
  argMinState(e.term, position) AS term,
  argMinState(e.content, position) AS content,
  argMinState(e.click_id, position) AS click_id,
  argMinState(e.referrer_host, position) AS referrer_host,
  argMinState(e.channel, position) AS channel,
  argMinState(e.browser, position) AS browser,
  argMinState(e.os, position) AS os,
  argMinState(e.device, position) AS device,
  argMinState(e.language, position) AS language,
  argMinState(e.country, position) AS country,
  argMinState(e.region, position) AS region,
  argMinState(e.city, position) AS city
FROM events{{local}} AS e
WHERE session != ''
GROUP BY site, day, visitor, session;
