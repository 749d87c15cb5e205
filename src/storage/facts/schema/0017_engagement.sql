-- How long a page was in view ('engagement') prolongs the session and is no event of it: a visit of one page stays a bounce.
-- All else is as in 0002_sessions.sql.
ALTER TABLE sessions_view {{on_cluster}} MODIFY QUERY
WITH
  toUInt64(greatest(toUnixTimestamp64Milli(e.occurred_at), 0)) AS occurred_ms,
  toUInt64(least(greatest(toUnixTimestamp64Milli(e.received_at) - toUnixTimestamp64Milli(e.occurred_at), 0), 2097151)) AS lag_ms,
  occurred_ms * 2097152 + lag_ms AS position,
  9223372036854775808 AS second_rank,
  reinterpretAsFixedString(byteSwap(toUInt16(bitAnd(cityHash64(e.id), 32767) + if(e.source = '' AND e.referrer = '', 32768, 0)))) AS tie,
  concat(reinterpretAsFixedString(byteSwap(position)), tie) AS rank,
  concat(reinterpretAsFixedString(byteSwap(if(e.name = 'pageview', position, position + second_rank))), tie) AS view_rank,
  concat(reinterpretAsFixedString(byteSwap(if(e.name = 'pageview', position + second_rank, position))), tie) AS exit_rank
SELECT
  e.site AS site,
  toDate(e.occurred_at) AS day,
  e.visitor AS visitor,
  e.session AS session,
  e.occurred_at AS first_at,
  e.occurred_at AS last_at,
  toUInt64(e.name = 'pageview') AS pageviews,
  toUInt64(e.name != 'engagement') AS events,
  e.bot AS bot,
  concat(view_rank, e.path) AS landing_page,
  concat(exit_rank, e.path) AS exit_page,
  concat(rank, e.hostname) AS hostname,
  concat(rank, e.source) AS source,
  concat(rank, e.medium) AS medium,
  concat(rank, e.campaign) AS campaign,
  concat(rank, e.term) AS term,
  concat(rank, e.content) AS content,
  concat(rank, e.click_id) AS click_id,
  concat(rank, e.referrer_host) AS referrer_host,
  concat(rank, e.channel) AS channel,
  concat(rank, e.browser) AS browser,
  concat(rank, e.os) AS os,
  concat(rank, e.device) AS device,
  concat(rank, e.language) AS language,
  concat(rank, e.country) AS country,
  concat(rank, e.region) AS region,
  concat(rank, e.city) AS city
FROM events{{local}} AS e
WHERE e.session != '';
