-- One row per session of a known visitor who is not a bot (core/touchpoint.ts), with the tags of the session's first
-- event. Apart from raw events, so that a payment's path is read without them and outlives them. Not partitioned:
-- paths are looked up by visitor over all time.
CREATE TABLE IF NOT EXISTS touchpoints{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  visitor String,
  session String,
  occurred_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  received_at SimpleAggregateFunction(min, String),
  source SimpleAggregateFunction(min, String),
  medium SimpleAggregateFunction(min, String),
  campaign SimpleAggregateFunction(min, String),
  term SimpleAggregateFunction(min, String),
  content SimpleAggregateFunction(min, String),
  click_id SimpleAggregateFunction(min, String),
  click_id_kind SimpleAggregateFunction(min, String),
  referrer_host SimpleAggregateFunction(min, String),
  referrer SimpleAggregateFunction(min, String),
  channel SimpleAggregateFunction(min, String),
  landing_page SimpleAggregateFunction(min, String),
  hostname SimpleAggregateFunction(min, String),
  country SimpleAggregateFunction(min, String),
  device SimpleAggregateFunction(min, String),
  browser SimpleAggregateFunction(min, String),
  os SimpleAggregateFunction(min, String),
  INDEX session_bloom session TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{replicated}}AggregatingMergeTree
ORDER BY (site, visitor, session)
SETTINGS index_granularity = 1024, {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS touchpoints {{on_cluster}} AS touchpoints_local
ENGINE = Distributed({{cluster}}, currentDatabase(), touchpoints_local, cityHash64(site, visitor));

-- How a tag is kept: see 0002_sessions.sql. `received_at` are its epoch milliseconds as text.
CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_view {{on_cluster}} TO touchpoints{{local}} AS
WITH
  toUInt64(greatest(toUnixTimestamp64Milli(e.occurred_at), 0)) AS occurred_ms,
  toUInt64(least(greatest(toUnixTimestamp64Milli(e.received_at) - toUnixTimestamp64Milli(e.occurred_at), 0), 2097151)) AS lag_ms,
  occurred_ms * 2097152 + lag_ms AS position,
  9223372036854775808 AS second_rank,
  reinterpretAsFixedString(byteSwap(toUInt16(bitAnd(cityHash64(e.id), 32767) + if(e.source = '' AND e.referrer = '', 32768, 0)))) AS tie,
  concat(reinterpretAsFixedString(byteSwap(position)), tie) AS rank,
  concat(reinterpretAsFixedString(byteSwap(if(e.name = 'pageview', position, position + second_rank))), tie) AS view_rank
SELECT
  e.site AS site,
  e.visitor AS visitor,
  e.session AS session,
  e.occurred_at AS occurred_at,
  concat(rank, toString(toUnixTimestamp64Milli(e.received_at))) AS received_at,
  concat(view_rank, e.path) AS landing_page,
  concat(rank, e.source) AS source,
  concat(rank, e.medium) AS medium,
  concat(rank, e.campaign) AS campaign,
  concat(rank, e.term) AS term,
  concat(rank, e.content) AS content,
  concat(rank, e.click_id) AS click_id,
  concat(rank, e.click_id_kind) AS click_id_kind,
  concat(rank, e.referrer_host) AS referrer_host,
  concat(rank, e.referrer) AS referrer,
  concat(rank, e.channel) AS channel,
  concat(rank, e.hostname) AS hostname,
  concat(rank, e.country) AS country,
  concat(rank, e.device) AS device,
  concat(rank, e.browser) AS browser,
  concat(rank, e.os) AS os
FROM events{{local}} AS e
WHERE e.visitor != '' AND e.session != '' AND e.bot = '';
