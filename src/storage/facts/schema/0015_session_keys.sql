-- What reports tell sessions and visitors apart by: hashes, so that a report over a million sessions reads 16 bytes of each
-- and not two texts. Computed from the row's own key, and so the same in every row of a session.
ALTER TABLE sessions{{local}} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS visitor_key UInt64 MATERIALIZED cityHash64(visitor),
  ADD COLUMN IF NOT EXISTS session_key UInt64 MATERIALIZED cityHash64(visitor, session);

-- @cluster
ALTER TABLE sessions {{on_cluster}}
  ADD COLUMN IF NOT EXISTS visitor_key UInt64 MATERIALIZED cityHash64(visitor),
  ADD COLUMN IF NOT EXISTS session_key UInt64 MATERIALIZED cityHash64(visitor, session);
