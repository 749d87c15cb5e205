-- One row per CreditRow (core/attribution/credit.ts): (ledger entry, touchpoint) with one integer column per rule-based
-- model, in minor units of the entry's currency. Re-crediting appends the old rows with sign -1 and the new rows, so
-- reports sum column * sign, and the rows are the restatement log: nothing here is ever collapsed.
-- `amount` is the whole entry on the row of the path's first position (0, or -1 when unattributed) and 0 on the others,
-- so that its sum is the ledger's.
CREATE TABLE IF NOT EXISTS credits{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  mode LowCardinality(String),
  payment_id String,
  payment_kind LowCardinality(String),
  payment_at DateTime64(3, 'UTC'),
  currency LowCardinality(String),
  customer String,
  subscription String,
  entry_id String,
  entry_kind LowCardinality(String),
  entry_at DateTime64(3, 'UTC'),
  visitor String,
  position Int32,
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
  amount Int64,
  first_touch Int64,
  last_touch Int64,
  last_non_direct Int64,
  linear Int64,
  position_based Int64,
  time_decay Int64,
  sign Int8
)
ENGINE = {{replicated}}MergeTree
ORDER BY (site, mode, toDate(entry_at), payment_id)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS credits {{on_cluster}} AS credits_local
ENGINE = Distributed({{cluster}}, currentDatabase(), credits_local, cityHash64(site, payment_id));
