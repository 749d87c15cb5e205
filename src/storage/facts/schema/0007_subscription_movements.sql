-- One row per MovementRow (core/movement-row.ts): how a subscription's monthly recurring revenue became otherwise, in minor
-- units of its currency. What is true now is appended beside what was, with sign -1 on the latter: reports sum
-- delta * sign. Up to any moment that is the revenue of the moment. The tags are those of the first touchpoint.
-- reporting_currency: '' when the movement could not be converted.
CREATE TABLE IF NOT EXISTS subscription_movements{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  mode LowCardinality(String),
  subscription String,
  customer String,
  at DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  currency LowCardinality(String),
  delta Int64,
  reporting_currency LowCardinality(String),
  reporting_delta Int64,
  visitor String,
  reason LowCardinality(String),
  touch_at Nullable(DateTime64(3, 'UTC')),
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
ORDER BY (site, mode, subscription, at)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS subscription_movements {{on_cluster}} AS subscription_movements_local
ENGINE = Distributed({{cluster}}, currentDatabase(), subscription_movements_local, cityHash64(site, subscription));
