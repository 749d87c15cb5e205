-- One row per touchpoint of a payment's whole path (core/attribution/path-row.ts), before any lookback window: what
-- questions with another window or other weights are computed from. Tags as they were seen, '' where there was none. A
-- path that becomes otherwise is appended beside the old one with sign -1: what stands are the rows whose signs add up.
CREATE TABLE IF NOT EXISTS payment_paths{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  mode LowCardinality(String),
  payment_id String,
  customer String,
  ends_at DateTime64(3, 'UTC'),
  position UInt32,
  visitor String,
  touch_at DateTime64(3, 'UTC'),
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign LowCardinality(String),
  term String,
  content String,
  click_id String,
  channel LowCardinality(String),
  referrer_host LowCardinality(String),
  landing_page String,
  hostname LowCardinality(String),
  country LowCardinality(String),
  device LowCardinality(String),
  browser LowCardinality(String),
  os LowCardinality(String),
  sign Int8
)
ENGINE = {{replicated}}MergeTree
ORDER BY (site, mode, payment_id, position)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS payment_paths {{on_cluster}} AS payment_paths_local
ENGINE = Distributed({{cluster}}, currentDatabase(), payment_paths_local, cityHash64(site, payment_id));
