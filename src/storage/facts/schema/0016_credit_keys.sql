-- What reports tell payments and payers apart by: hashes of the row's own texts, as in 0015_session_keys.sql. 0 is nobody.
ALTER TABLE credits{{local}} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS payment_key UInt64 MATERIALIZED cityHash64(payment_id),
  ADD COLUMN IF NOT EXISTS payer_key UInt64 MATERIALIZED
    multiIf(customer != '', cityHash64('customer', customer), visitor != '', cityHash64('visitor', visitor), 0);

-- @cluster
ALTER TABLE credits {{on_cluster}}
  ADD COLUMN IF NOT EXISTS payment_key UInt64 MATERIALIZED cityHash64(payment_id),
  ADD COLUMN IF NOT EXISTS payer_key UInt64 MATERIALIZED
    multiIf(customer != '', cityHash64('customer', customer), visitor != '', cityHash64('visitor', visitor), 0);
