// A large store, made by the engine itself: events, and what the views would have made of them, over two years. Rows of
// sessions and touchpoints are written directly, merged already; sending a hundred million hits would measure collect.
import type { FactsClient } from '../src/storage/facts/client.ts';

/** The last moment of the data; the range of "the last 30 days" ends here. */
export const LAST_DAY = '2026-10-30';
const DAYS = 730;
/** Sessions have one to seven events. */
export const EVENTS_PER_SESSION = 4;
const SESSIONS_PER_SLICE = 250_000;
export const SITE = 'bench';

/** In slices of time. A session over midnight has a row of each day, as the view would have made it. */
export async function fillVisits(
  client: FactsClient,
  sessions: number,
  onSlice: (done: number) => void = () => {},
): Promise<void> {
  // The views would compute what is written here, several times slower.
  for (const view of ['event_ids_view', 'sessions_view', 'touchpoints_view']) {
    await client.command(`DROP VIEW IF EXISTS ${view}`);
  }
  for (let from = 0; from < sessions; from += SESSIONS_PER_SLICE) {
    const source = sessionsSql(sessions, from, Math.min(SESSIONS_PER_SLICE, sessions - from));
    await client.command(eventsSql(source));
    await client.command(sessionRowsSql(source));
    await client.command(touchpointsSql(source));
    onSlice(from + SESSIONS_PER_SLICE);
  }
}

/** A skewed choice among `count`: a few are common, most are rare. `salt` makes choices independent. */
const skewed = (count: number, salt: number) =>
  `toUInt32(${count} * pow((cityHash64(s, ${salt}) % 1000003) / 1000003, 3))`;

/** One row per session: who, when, how many events, and the tags of its first. */
function sessionsSql(sessions: number, from: number, count: number): string {
  return `
    SELECT *,
      toDateTime64(started_s, 3, 'UTC') + toIntervalMillisecond(cityHash64(s, 2) % 1000) AS at,
      1 + cityHash64(s, 3) % ${EVENTS_PER_SESSION * 2 - 1} AS hits,
      bot_share < 20 ? 'crawler' : '' AS bot,
      direct ? '' : 'source' || toString(source_no) AS source,
      direct ? '' : ['cpc', 'organic', 'referral', 'email', 'social'][source_no % 5 + 1] AS medium,
      direct ? '' : 'campaign-' || toString(${skewed(400, 5)}) AS campaign,
      direct ? '' : 'term ' || toString(${skewed(2000, 6)}) AS term,
      direct ? '' : 'content ' || toString(${skewed(50, 7)}) AS content,
      source_no % 5 = 0 AND NOT direct ? hex(sipHash128(s)) : '' AS click_id,
      direct ? '' : 'site' || toString(${skewed(3000, 8)}) || '.example' AS referrer_host,
      direct ? 'Direct' : ['Paid Search', 'Organic Search', 'Referral', 'Email', 'Organic Social'][source_no % 5 + 1] AS channel,
      '/page/' || toString(${skewed(2000, 9)}) AS landing,
      ['Chrome', 'Safari', 'Edge', 'Firefox', 'Samsung Internet', 'Opera', 'Brave', 'Other'][${skewed(8, 10)} + 1] AS browser,
      ['Windows', 'iOS', 'Android', 'macOS', 'Linux'][${skewed(5, 11)} + 1] AS os,
      ['desktop', 'mobile', 'tablet'][${skewed(3, 12)} + 1] AS device,
      ['en', 'de', 'fr', 'es', 'ja', 'pt', 'it', 'nl'][${skewed(8, 13)} + 1] AS language,
      substring('USDEGBFRCAINJPBRAUNLESITSEPLCHATMXKRDKNO', 1 + 2 * ${skewed(20, 14)}, 2) AS country,
      country || '-' || toString(${skewed(15, 15)}) AS region,
      'City ' || toString(${skewed(3000, 16)}) AS city
    FROM (
      SELECT number AS s,
        toUnixTimestamp('${LAST_DAY} 23:00:00') - intDiv((${sessions} - 1 - number) * ${DAYS * 86_400}, ${sessions}) AS started_s,
        'v' || lower(hex(cityHash64(cityHash64(number, 1) % ${Math.ceil(sessions * 0.8)}))) AS visitor,
        's' || lower(hex(cityHash64(number, 4))) || lower(hex(toUInt32(number))) AS session,
        ${skewed(40, 17)} AS source_no,
        cityHash64(number, 18) % 4 = 0 AS direct,
        cityHash64(number, 19) % 1000 AS bot_share
      FROM numbers(${from}, ${count})
    )`;
}

function eventsSql(source: string): string {
  return `
    INSERT INTO events (site, id, visitor, session, name, occurred_at, received_at, hostname, path, url, title, bot, source, medium,
      campaign, term, content, click_id, referrer_host, channel, browser, os, device, language, country, region, city)
    SELECT '${SITE}', lower(hex(cityHash64(s, n, 20))), visitor, session, n % 5 = 4 ? 'add_to_cart' : 'pageview', at + toIntervalSecond(n * 40),
      at + toIntervalSecond(n * 40), 'shop.test', path, 'https://shop.test' || path, 'Page ' || path, bot, first(source), first(medium),
      first(campaign), first(term), first(content), first(click_id), first(referrer_host), n = 0 ? channel : 'Direct', browser, os, device,
      language, country, region, city
    FROM (
      SELECT *, n = 0 ? landing : '/page/' || toString(toUInt32(2000 * pow((cityHash64(s, n, 21) % 1000003) / 1000003, 3))) AS path
      FROM (SELECT *, arrayJoin(range(hits)) AS n FROM (${source}))
    )`.replaceAll(/first\((\w+)\)/g, `n = 0 ? $1 : ''`);
}

/** The bytes before a tag: schema/0002_sessions.sql. */
const RANK = `
      concat(reinterpretAsFixedString(byteSwap(toUInt64(toUnixTimestamp64Milli(at)) * 2097152)),
        reinterpretAsFixedString(byteSwap(toUInt16(cityHash64(s, 22) % 32768 + (direct ? 32768 : 0))))) AS rank`;

function sessionRowsSql(source: string): string {
  const tags =
    'hostname source medium campaign term content click_id referrer_host channel browser os device language country region city';
  const columns = tags.split(' ');
  return `
    INSERT INTO sessions (site, day, visitor, session, first_at, last_at, pageviews, events, bot, landing_page, exit_page, ${columns.join(', ')})
    SELECT '${SITE}', arrayJoin(arrayDistinct([toDate(at), toDate(last)])) AS day, visitor, session, at, last,
      if(day = toDate(at), hits - intDiv(hits, 5), 0), if(day = toDate(at), hits, 0), bot,
      concat(rank, landing), concat(rank, '/page/' || toString(cityHash64(s, hits - 1, 21) % 2000)),
      ${columns.map((column) => `concat(rank, ${column})`).join(', ')}
    FROM (SELECT *, 'shop.test' AS hostname, at + toIntervalSecond((hits - 1) * 40) AS last, ${RANK} FROM (${source}))`;
}

function touchpointsSql(source: string): string {
  const tags =
    'source medium campaign term content click_id click_id_kind referrer_host referrer channel hostname country device browser os';
  const columns = tags.split(' ');
  return `
    INSERT INTO touchpoints (site, visitor, session, occurred_at, received_at, landing_page, ${columns.join(', ')})
    SELECT '${SITE}', visitor, session, at, concat(rank, toString(toUnixTimestamp64Milli(at))), concat(rank, landing),
      ${columns.map((column) => `concat(rank, ${column})`).join(', ')}
    FROM (
      SELECT *, 'shop.test' AS hostname, click_id = '' ? '' : 'gclid' AS click_id_kind,
        referrer_host = '' ? '' : 'https://' || referrer_host || '/' AS referrer, ${RANK}
      FROM (${source})
    )
    WHERE bot = ''`;
}

const MODELS = 'first_touch last_touch last_non_direct linear position_based time_decay custom'.split(' ');

/**
 * Payments spread over the two years, of fewer customers: paths of one to five touchpoints, every seventh unattributed,
 * every twentieth refunded, every tenth in euros and converted; a fifth was credited anew, so that what it had before
 * stands beside it, cancelled. Whole paths too.
 */
export async function fillPayments(client: FactsClient, payments: number): Promise<void> {
  const source = `
    SELECT *, arrayJoin(position_last < 0 ? [toInt32(-1)] : range(position_last + 1)) AS position
    FROM (
      SELECT number AS s, 'ch_3' || lower(hex(cityHash64(s, 30))) || leftPad(toString(s), 7, '0') AS payment,
        toDateTime64('${LAST_DAY} 22:00:00', 3, 'UTC') - toIntervalSecond(intDiv((${payments} - 1 - s) * ${DAYS * 86_400}, ${payments})) AS paid_at,
        s % 7 = 6 ? toInt32(-1) : toInt32(cityHash64(s, 31) % 5) AS position_last,
        s % 7 = 6 ? '' : 'v' || lower(hex(cityHash64(cityHash64(s, 32) % 20000000))) AS visitor,
        s % 3 = 0 ? '' : 'cus_' || lower(hex(cityHash64(cityHash64(s, 33) % ${Math.ceil(payments / 3)}))) AS customer,
        toInt64(500 + cityHash64(s, 34) % 20000) AS amount, s % 10 = 3 ? 'eur' : 'usd' AS currency,
        s % 20 = 5 AS is_refunded, s % 5 = 1 AS is_anew
      FROM numbers(${payments})
    )`;
  const touched = `
    SELECT *, cityHash64(s, position, 35) AS r, position < 0 ? '(unattributed)' : 'source' || toString(r % 40) AS source,
      paid_at - toIntervalSecond((position_last - position + 1) * 200000) AS touch_at,
      ['cpc', 'organic', 'referral', 'email', 'social'][r % 5 + 1] AS medium, 'campaign-' || toString(r % 400) AS campaign,
      'term ' || toString(r % 2000) AS term, 'content ' || toString(r % 50) AS content,
      ['Paid Search', 'Organic Search', 'Referral', 'Email', 'Organic Social'][r % 5 + 1] AS channel,
      'site' || toString(r % 3000) || '.example' AS referrer_host, '/page/' || toString(r % 2000) AS landing
    FROM (${source})`;
  await client.command(`
    INSERT INTO payment_paths (site, mode, payment_id, customer, ends_at, position, visitor, touch_at, source, medium, campaign, term,
      content, channel, referrer_host, landing_page, hostname, country, device, browser, os, sign)
    SELECT '${SITE}', 'live', payment, customer, paid_at, position, visitor, touch_at, source, medium, campaign, term, content, channel,
      referrer_host, landing, 'shop.test', 'DE', 'desktop', 'Chrome', 'Windows', 1
    FROM (${touched}) WHERE position >= 0`);
  await fillCredits(client, touched);
}

async function fillCredits(client: FactsClient, touched: string): Promise<void> {
  const fees = MODELS.map((model) => `fee_${model}`).join(', ');
  const said = `
    SELECT *, arrayJoin(currency = 'usd' ? [''] : ['', 'usd']) AS money
    FROM (SELECT *, arrayJoin(is_refunded ? ['charge', 'refund'] : ['charge']) AS kind FROM (${touched}))`;
  const parts = `
    SELECT *, arrayJoin(is_anew ? [1, -1, 1] : [1]) AS sign,
      toInt64((kind = 'charge' ? 1 : -1) * (money = '' ? amount : intDiv(amount * 11, 10))) AS whole,
      toInt64(greatest(position_last, 0) + 1) AS touches, intDiv(whole, touches) AS part,
      position <= 0 ? whole - part * (touches - 1) : part AS share, position = 0 OR position = -1 ? whole : 0 AS first,
      position = position_last ? whole : 0 AS last, toInt64(kind = 'charge' AND position <= 0 ? 117 : 0) AS fee
    FROM (${said})`;
  await client.command(`
    INSERT INTO credits (site, mode, payment_id, payment_kind, payment_at, currency, customer, entry_id, entry_kind, entry_at, visitor,
      position, reason, touch_at, source, medium, campaign, term, content, channel, referrer_host, landing_page, hostname, country,
      device, browser, os, amount, ${MODELS.join(', ')}, fee_currency, ${fees}, product, money, converted, fee_converted, sign)
    SELECT '${SITE}', 'live', payment, s % 4 = 0 ? 'subscription_renewal' : 'one_time', paid_at, currency, customer,
      kind = 'charge' ? payment : 're_' || payment, kind, kind = 'charge' ? paid_at : paid_at + toIntervalDay(5), visitor,
      position, position < 0 ? 'no_visitor_id' : '', position < 0 ? NULL : touch_at, source, medium, campaign, term, content, channel,
      referrer_host, landing, 'shop.test', 'DE', 'desktop', 'Chrome', 'Windows', position <= 0 ? whole : 0,
      first, last, last, share, share, share, share, kind = 'charge' ? 'usd' : '', fee, fee, fee, fee, fee, fee, fee,
      'Plan ' || toString(s % 12), money, currency != 'usd' AND money = '' ? 'usd' : '', '', sign
    FROM (${parts})`);
}
