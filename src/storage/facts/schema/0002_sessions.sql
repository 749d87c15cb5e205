-- Sessions by UTC day, merged from their events in any order of arrival. A session that crosses midnight has one row per
-- day: readers group by (site, visitor, session) and merge. Tags are those of the session's first event, landing_page and
-- exit_page those of its first and last pageview (of other events only when it has none).
--
-- A tag is kept behind 10 bytes that say when it was: the least of such texts is the first event's, and what follows the
-- bytes is the tag (ranked.ts). argMin states would say the same at three times the cost of an insert and of a report.
-- The bytes: the millisecond it happened, then how much later we heard of it (21 bits, 35 minutes); of hits of the same
-- millisecond one that tells where the visitor came from is before one that does not, and then one hit is before the
-- other, the same for all tags.
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
  landing_page SimpleAggregateFunction(min, String),
  exit_page SimpleAggregateFunction(max, String),
  hostname SimpleAggregateFunction(min, String),
  source SimpleAggregateFunction(min, String),
  medium SimpleAggregateFunction(min, String),
  campaign SimpleAggregateFunction(min, String),
  term SimpleAggregateFunction(min, String),
  content SimpleAggregateFunction(min, String),
  click_id SimpleAggregateFunction(min, String),
  referrer_host SimpleAggregateFunction(min, String),
  channel SimpleAggregateFunction(min, String),
  browser SimpleAggregateFunction(min, String),
  os SimpleAggregateFunction(min, String),
  device SimpleAggregateFunction(min, String),
  language SimpleAggregateFunction(min, String),
  country SimpleAggregateFunction(min, String),
  region SimpleAggregateFunction(min, String),
  city SimpleAggregateFunction(min, String)
)
ENGINE = {{replicated}}AggregatingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site, day, visitor, session)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS sessions {{on_cluster}} AS sessions_local
ENGINE = Distributed({{cluster}}, currentDatabase(), sessions_local, cityHash64(site, visitor));

-- One row per event: the table merges them as they are inserted.
CREATE MATERIALIZED VIEW IF NOT EXISTS sessions_view {{on_cluster}} TO sessions{{local}} AS
WITH
  toUInt64(greatest(toUnixTimestamp64Milli(e.occurred_at), 0)) AS occurred_ms,
  toUInt64(least(greatest(toUnixTimestamp64Milli(e.received_at) - toUnixTimestamp64Milli(e.occurred_at), 0), 2097151)) AS lag_ms,
  occurred_ms * 2097152 + lag_ms AS position,
  9223372036854775808 AS second_rank,
  reinterpretAsFixedString(byteSwap(toUInt16(bitAnd(cityHash64(e.id), 32767) + if(e.source = '' AND e.referrer = '', 32768, 0)))) AS tie,
  concat(reinterpretAsFixedString(byteSwap(position)), tie) AS rank,
  concat(reinterpretAsFixedString(byteSwap(if(e.name = 'pageview', position, position + second_rank))), tie) AS view_rank,
  concat(reinterpretAsFixedString(byteSwap(if(e.name = 'pageview', position + second_rank, position))), tie) AS exit_rank
SELECT
  e.site AS site,
  toDate(e.occurred_at) AS day,
  e.visitor AS visitor,
  e.session AS session,
  e.occurred_at AS first_at,
  e.occurred_at AS last_at,
  toUInt64(e.name = 'pageview') AS pageviews,
  toUInt64(1) AS events,
  e.bot AS bot,
  concat(view_rank, e.path) AS landing_page,
  concat(exit_rank, e.path) AS exit_page,
  concat(rank, e.hostname) AS hostname,
  concat(rank, e.source) AS source,
  concat(rank, e.medium) AS medium,
  concat(rank, e.campaign) AS campaign,
  concat(rank, e.term) AS term,
  concat(rank, e.content) AS content,
  concat(rank, e.click_id) AS click_id,
  concat(rank, e.referrer_host) AS referrer_host,
  concat(rank, e.channel) AS channel,
  concat(rank, e.browser) AS browser,
  concat(rank, e.os) AS os,
  concat(rank, e.device) AS device,
  concat(rank, e.language) AS language,
  concat(rank, e.country) AS country,
  concat(rank, e.region) AS region,
  concat(rank, e.city) AS city
FROM events{{local}} AS e
WHERE e.session != '';
