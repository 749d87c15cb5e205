-- The model whose weights by position are the site's own. Rows from before have 0 there until `headwater recompute`.
ALTER TABLE credits{{local}} {{on_cluster}}
  ADD COLUMN IF NOT EXISTS custom Int64,
  ADD COLUMN IF NOT EXISTS fee_custom Int64,
  ADD COLUMN IF NOT EXISTS tax_custom Int64;

-- @cluster
ALTER TABLE credits {{on_cluster}}
  ADD COLUMN IF NOT EXISTS custom Int64,
  ADD COLUMN IF NOT EXISTS fee_custom Int64,
  ADD COLUMN IF NOT EXISTS tax_custom Int64;
