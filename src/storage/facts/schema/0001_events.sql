-- Hits that were kept (core/event.ts), one immutable row each. Sorted by UTC day so that a range reads its own days only,
-- then by visitor, which is what compresses and counts best. Only the random id is worth a slower codec.
CREATE TABLE IF NOT EXISTS events{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  id String CODEC(ZSTD(1)),
  visitor String,
  session String,
  name LowCardinality(String),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  received_at DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  hostname LowCardinality(String),
  path String,
  url String,
  title String,
  props Map(String, String),
  bot String,
  source String,
  medium String,
  campaign String,
  term String,
  content String,
  click_id String,
  click_id_kind String,
  referrer_host String,
  referrer String,
  channel String,
  browser String,
  os String,
  device String,
  language String,
  country String,
  region String,
  city String,
  location_approximate Bool
)
ENGINE = {{replicated}}MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (site, toDate(occurred_at), visitor, session, occurred_at)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS events {{on_cluster}} AS events_local
ENGINE = Distributed({{cluster}}, currentDatabase(), events_local, cityHash64(site, visitor));

-- Which (site, event id) were received lately: what makes a repeated hit count once. The key is a hash of both that the
-- program computes too (eventKey in events.ts); its granules are small because a batch asks for thousands of scattered
-- keys. Days drop off whole.
CREATE TABLE IF NOT EXISTS event_ids{{local}} {{on_cluster}}
(
  key FixedString(16),
  received_at DateTime('UTC') CODEC(Delta, LZ4)
)
ENGINE = {{replicated}}MergeTree
PARTITION BY toDate(received_at)
ORDER BY key
TTL received_at + INTERVAL 9 DAY
SETTINGS index_granularity = 512, ttl_only_drop_parts = 1, {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS event_ids {{on_cluster}} AS event_ids_local
ENGINE = Distributed({{cluster}}, currentDatabase(), event_ids_local, rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS event_ids_view {{on_cluster}} TO event_ids{{local}} AS
SELECT toFixedString(substring(SHA1(concat(site, '\0', id)), 1, 16), 16) AS key, toDateTime(received_at) AS received_at
FROM events{{local}};
