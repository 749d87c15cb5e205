-- Money that is not in the site's reporting currency is said twice where it can be converted: by the entry's own row, and by
-- a further row with the same entry and touchpoint whose amounts, taxes and fees are in `money`, '' on own rows.
-- converted, fee_converted: on the own row, the currency a further row says its amount, or its fee, in; '' when none does.
-- `currency` and `fee_currency` are what the customer paid in and what the fee was taken in, on both.
ALTER TABLE credits{{local}} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS money LowCardinality(String),
  ADD COLUMN IF NOT EXISTS converted LowCardinality(String),
  ADD COLUMN IF NOT EXISTS fee_converted LowCardinality(String);

-- @cluster
ALTER TABLE credits {{on_cluster}}
  ADD COLUMN IF NOT EXISTS money LowCardinality(String),
  ADD COLUMN IF NOT EXISTS converted LowCardinality(String),
  ADD COLUMN IF NOT EXISTS fee_converted LowCardinality(String);
