-- Beside what an entry's amount gives to a touchpoint, what its fee does and how much of the amount is tax: one column per
-- model each. A fee is in the currency it was settled in, `fee_currency`, which can be another than the entry's.
-- product: its name, its id where the line had no words; coupon: its id. '' where unknown.
ALTER TABLE credits{{local}} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS fee_currency LowCardinality(String),
  ADD COLUMN IF NOT EXISTS fee_first_touch Int64,
  ADD COLUMN IF NOT EXISTS fee_last_touch Int64,
  ADD COLUMN IF NOT EXISTS fee_last_non_direct Int64,
  ADD COLUMN IF NOT EXISTS fee_linear Int64,
  ADD COLUMN IF NOT EXISTS fee_position_based Int64,
  ADD COLUMN IF NOT EXISTS fee_time_decay Int64,
  ADD COLUMN IF NOT EXISTS tax_first_touch Int64,
  ADD COLUMN IF NOT EXISTS tax_last_touch Int64,
  ADD COLUMN IF NOT EXISTS tax_last_non_direct Int64,
  ADD COLUMN IF NOT EXISTS tax_linear Int64,
  ADD COLUMN IF NOT EXISTS tax_position_based Int64,
  ADD COLUMN IF NOT EXISTS tax_time_decay Int64,
  ADD COLUMN IF NOT EXISTS product String,
  ADD COLUMN IF NOT EXISTS coupon LowCardinality(String);

-- @cluster
ALTER TABLE credits {{on_cluster}}
  ADD COLUMN IF NOT EXISTS fee_currency LowCardinality(String),
  ADD COLUMN IF NOT EXISTS fee_first_touch Int64,
  ADD COLUMN IF NOT EXISTS fee_last_touch Int64,
  ADD COLUMN IF NOT EXISTS fee_last_non_direct Int64,
  ADD COLUMN IF NOT EXISTS fee_linear Int64,
  ADD COLUMN IF NOT EXISTS fee_position_based Int64,
  ADD COLUMN IF NOT EXISTS fee_time_decay Int64,
  ADD COLUMN IF NOT EXISTS tax_first_touch Int64,
  ADD COLUMN IF NOT EXISTS tax_last_touch Int64,
  ADD COLUMN IF NOT EXISTS tax_last_non_direct Int64,
  ADD COLUMN IF NOT EXISTS tax_linear Int64,
  ADD COLUMN IF NOT EXISTS tax_position_based Int64,
  ADD COLUMN IF NOT EXISTS tax_time_decay Int64,
  ADD COLUMN IF NOT EXISTS product String,
  ADD COLUMN IF NOT EXISTS coupon LowCardinality(String);
