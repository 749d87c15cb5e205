-- One row per session of a known visitor who is not a bot (core/touchpoint.ts), with the tags of the session's first
-- event. Apart from raw events, so that a payment's path is read without them and outlives them. Not partitioned:
-- paths are looked up by visitor over all time.
CREATE TABLE IF NOT EXISTS touchpoints{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  visitor String,
  session String,
  occurred_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  received_at AggregateFunction(argMin, DateTime64(3, 'UTC'), UInt64),
  source AggregateFunction(argMin, String, UInt64),
  medium AggregateFunction(argMin, String, UInt64),
  campaign AggregateFunction(argMin, String, UInt64),
  term AggregateFunction(argMin, String, UInt64),
  content AggregateFunction(argMin, String, UInt64),
  click_id AggregateFunction(argMin, String, UInt64),
  click_id_kind AggregateFunction(argMin, String, UInt64),
  referrer_host AggregateFunction(argMin, String, UInt64),
  referrer AggregateFunction(argMin, String, UInt64),
  channel AggregateFunction(argMin, String, UInt64),
  landing_page AggregateFunction(argMin, String, UInt64),
  hostname AggregateFunction(argMin, String, UInt64),
  country AggregateFunction(argMin, String, UInt64),
  device AggregateFunction(argMin, String, UInt64),
  browser AggregateFunction(argMin, String, UInt64),
  os AggregateFunction(argMin, String, UInt64),
  INDEX session_bloom session TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{replicated}}AggregatingMergeTree
ORDER BY (site, visitor, session)
SETTINGS index_granularity = 1024, {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS touchpoints {{on_cluster}} AS touchpoints_local
ENGINE = Distributed({{cluster}}, currentDatabase(), touchpoints_local, cityHash64(site, visitor));

-- `position`: see 0002_sessions.sql.
CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_view {{on_cluster}} TO touchpoints{{local}} AS
WITH
  toUInt64(greatest(toUnixTimestamp64Milli(e.occurred_at), 0)) AS occurred_ms,
  toUInt64(least(greatest(toUnixTimestamp64Milli(e.received_at) - toUnixTimestamp64Milli(e.occurred_at), 0), 2097151)) AS lag_ms,
  occurred_ms * 2097152 + lag_ms AS position,
  9223372036854775808 AS second_rank
SELECT
  site,
  visitor,
  session,
  min(e.occurred_at) AS occurred_at,
  argMinState(e.received_at, position) AS received_at,
  argMinState(e.source, position) AS source,
  argMinState(e.medium, position) AS medium,
  argMinState(e.campaign, position) AS campaign,
  argMinState(e.term, position) AS term,
  argMinState(e.content, position) AS content,
  argMinState(e.click_id, position) AS click_id,
  argMinState(e.click_id_kind, position) AS click_id_kind,
  argMinState(e.referrer_host, position) AS referrer_host,
  argMinState(e.referrer, position) AS referrer,
  argMinState(e.channel, position) AS channel,
  argMinState(e.path, if(name = 'pageview', position, position + second_rank)) AS landing_page,
  argMinState(toString(e.hostname), position) AS hostname,
  argMinState(e.country, position) AS country,
  argMinState(e.device, position) AS device,
  argMinState(e.browser, position) AS browser,
  argMinState(e.os, position) AS os
FROM events{{local}} AS e
WHERE visitor != '' AND session != '' AND bot = ''
GROUP BY site, visitor, session;
