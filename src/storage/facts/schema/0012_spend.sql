-- One row per SpendRow (core/spend.ts): what a campaign cost on a day, in minor units of its currency, under the source,
-- medium and campaign its visitors arrive with. What is true now is appended beside what was, with sign -1 on the latter:
-- reports sum amount * sign. `day` is the ad account's own. `name` is what the platform calls the campaign.
-- reporting_currency: '' when no rate of the day was known.
CREATE TABLE IF NOT EXISTS spend{{local}} {{on_cluster}}
(
  site LowCardinality(String),
  day Date,
  platform LowCardinality(String),
  account String,
  campaign_id String,
  name String,
  source LowCardinality(String),
  medium LowCardinality(String),
  campaign String,
  channel LowCardinality(String),
  currency LowCardinality(String),
  amount Int64,
  reporting_currency LowCardinality(String),
  reporting_amount Int64,
  clicks Nullable(Int64),
  impressions Nullable(Int64),
  sign Int8
)
ENGINE = {{replicated}}MergeTree
ORDER BY (site, day, platform, campaign)
SETTINGS {{exactly_once}};

-- @cluster
CREATE TABLE IF NOT EXISTS spend {{on_cluster}} AS spend_local
ENGINE = Distributed({{cluster}}, currentDatabase(), spend_local, cityHash64(site, campaign));
