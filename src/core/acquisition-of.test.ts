import assert from 'node:assert/strict';
import { test } from 'node:test';
import clickIds from './acquisition-click-ids.json' with { type: 'json' };
import { acquisitionOf } from './acquisition-of.ts';
import { readPageUrl } from './acquisition-url.ts';

const SITE = ['shop.example', 'shop-checkout.example'];

function arrive(url: string, referrer = '', inAppBrowser = '') {
  return acquisitionOf({ page: readPageUrl(url), referrer, siteHosts: SITE, inAppBrowser });
}
/** "source / medium / channel" */
function told(url: string, referrer = '', inAppBrowser = ''): string {
  const { source, medium, channel } = arrive(url, referrer, inAppBrowser);
  return `${source} / ${medium} / ${channel}`;
}

const PAGE = 'https://shop.example/';
const DIRECT = ' /  / Direct';

/** query → what it tells, with a referrer that must not win unless it is the only evidence */
const TAGS: [query: string, referrer: string, expected: string][] = [
  ['utm_source=google&utm_medium=cpc&utm_campaign=spring', '', 'google / cpc / Paid Search'],
  ['utm_source=news&utm_medium=email&ref=hn&gclid=x', 'https://www.bing.com/', 'news / email / Email'],
  ['UTM_Source=News&UTM_Medium=Email', '', 'News / Email / Email'],
  ['utm_source=newsletter', '', 'newsletter /  / Unassigned'],
  ['utm_source=google&gclid=abc', '', 'google / cpc / Paid Search'],
  ['utm_source=adwords&gclid=abc', '', 'adwords / cpc / Paid Search'],
  ['utm_source=news&gclid=abc', '', 'news /  / Unassigned'],
  ['utm_campaign=spring', 'https://www.google.com/', 'google / organic / Organic Search'],
  ['utm_campaign=spring', '', '(not set) /  / Unassigned'],
  ['utm_medium=email', '', '(not set) / email / Email'],
  ['utm_source=(direct)&utm_medium=(none)', 'https://www.google.com/', DIRECT],
  ['utm_source=(unattributed)&utm_medium=(other)', '', '(not set) / (not set) / Unassigned'],
  ['ref=(unattributed)', '', '(not set) / referral / Referral'],
  ['gclid=(unattributed)', '', DIRECT],
  ['utm_source=&utm_medium=', 'https://www.google.com/', 'google / organic / Organic Search'],
  ['ref=producthunt', '', 'producthunt / social / Organic Social'],
  ['ref=some-blog', 'https://www.google.com/', 'some-blog / referral / Referral'],
  ['source=alice', '', 'alice / referral / Referral'],
  ['via=alice', '', 'alice / affiliate / Affiliates'],
  ['via=facebook', 'https://www.facebook.com/', 'facebook / affiliate / Affiliates'],
  ['gclid=x', 'https://www.google.com/', 'google / cpc / Paid Search'],
  ['fbclid=x', '', 'facebook / social / Organic Social'],
  ['fbclid=x', 'https://l.facebook.com/', 'facebook / social / Organic Social'],
  ['fbclid=x&utm_source=ig&utm_medium=paid', '', 'ig / paid / Paid Social'],
  ['igshid=x', '', 'instagram / social / Organic Social'],
  ['igshid=x', 'https://l.instagram.com/', 'instagram / social / Organic Social'],
  ['yclid=123', 'https://yandex.ru/', 'yandex / cpc / Paid Search'],
  ['srsltid=x', 'https://www.google.com/', 'google / organic / Organic Search'],
  ['srsltid=x&gclid=y', '', 'google / cpc / Paid Search'],
  ['irclickid=x', 'https://blog.example/', 'impact / affiliate / Affiliates'],
  ['utm_source=chatgpt.com', 'https://chatgpt.com/', 'chatgpt.com /  / AI Assistants'],
];

test('tags before shorthand before click id before referrer', () => {
  for (const [query, referrer, expected] of TAGS) assert.equal(told(`${PAGE}?${query}`, referrer), expected, query);
});

test('white space and controls within a tag are one space, as in what spend is imported for', () => {
  const { source, campaign, term } = arrive(
    `${PAGE}?utm_source=+google%0A&utm_campaign=Brand++%E2%80%94%C2%A0+EU%0D%0A2026&utm_term=a%00b`,
  );
  assert.deepEqual([source, campaign, term], ['google', 'Brand — EU 2026', 'a b']);
});

const REFERRERS: [referrer: string, expected: string][] = [
  ['', DIRECT],
  ['not a url', DIRECT],
  ['javascript:alert(1)', DIRECT],
  ['https://www.google.com/', 'google / organic / Organic Search'],
  ['https://www.google.co.uk/search?q=secret', 'google / organic / Organic Search'],
  ['https://images.google.com.br/', 'google / organic / Organic Search'],
  ['https://docs.google.com/document/d/1', 'docs.google.com / referral / Referral'],
  ['https://mail.google.com/', 'gmail / email / Email'],
  ['https://gemini.google.com/app', 'gemini / referral / AI Assistants'],
  ['https://accounts.google.com/', DIRECT],
  ['https://de.bing.com/', 'bing / organic / Organic Search'],
  ['https://www.bing.com/chat', 'copilot / referral / AI Assistants'],
  ['https://duckduckgo.com/', 'duckduckgo / organic / Organic Search'],
  ['https://r.search.yahoo.com/x', 'yahoo / organic / Organic Search'],
  ['https://search.brave.com/', 'brave / organic / Organic Search'],
  ['https://yandex.ru/', 'yandex / organic / Organic Search'],
  ['https://l.facebook.com/l.php?u=x', 'facebook / social / Organic Social'],
  ['https://old.reddit.com/r/startups', 'reddit / social / Organic Social'],
  ['https://t.co/abc', 'twitter / social / Organic Social'],
  ['https://x.com/', 'twitter / social / Organic Social'],
  ['https://x.com/i/grok', 'grok / referral / AI Assistants'],
  ['https://x.com/i/grokking', 'twitter / social / Organic Social'],
  ['https://news.ycombinator.com/', 'hackernews / social / Organic Social'],
  ['https://www.producthunt.com/posts/x', 'producthunt / social / Organic Social'],
  ['https://someone.substack.com/p/x', 'substack / social / Organic Social'],
  ['https://lemmy.world/post/1', 'lemmy / social / Organic Social'],
  ['https://www.linkedin.com/', 'linkedin / social / Organic Social'],
  ['https://www.youtube.com/', 'youtube / video / Organic Video'],
  ['https://chatgpt.com/', 'chatgpt / referral / AI Assistants'],
  ['https://www.perplexity.ai/search/x', 'perplexity / referral / AI Assistants'],
  ['https://claude.ai/', 'claude / referral / AI Assistants'],
  ['https://www.amazon.de/dp/1', 'amazon / referral / Organic Shopping'],
  ['https://www.blog.example/post?token=1', 'blog.example / referral / Referral'],
  ['https://notgoogle.com/', 'notgoogle.com / referral / Referral'],
  ['https://google.com.evil.example/', 'google.com.evil.example / referral / Referral'],
  ['https://myreddit.com/', 'myreddit.com / referral / Referral'],
  ['android-app://com.google.android.gm/', 'gmail / email / Email'],
  ['android-app://com.google.android.googlequicksearchbox/', 'google / organic / Organic Search'],
  ['android-app://com.linkedin.android', 'linkedin / social / Organic Social'],
  ['android-app://org.unknown.app/', 'org.unknown.app / referral / Referral'],
  // Never a source: payment pages, bank pages, the site itself.
  ['https://checkout.stripe.com/c/pay/cs_live_1', DIRECT],
  ['https://buy.stripe.com/x', DIRECT],
  ['https://billing.stripe.com/', DIRECT],
  ['https://invoice.stripe.com/', DIRECT],
  ['https://www.paypal.com/checkoutnow', DIRECT],
  ['https://pay.klarna.com/', DIRECT],
  ['https://checkout.link.com/', DIRECT],
  ['https://hooks.stripe.com/3d_secure_2/x', DIRECT],
  ['https://shop.example/pricing', DIRECT],
  ['https://app.shop.example/', DIRECT],
  ['https://www.shop-checkout.example/', DIRECT],
  ['https://myshop.example/', 'myshop.example / referral / Referral'],
];

test('referrers by the longest host, then path', () => {
  for (const [referrer, expected] of REFERRERS) assert.equal(told(PAGE, referrer), expected, referrer);
});

test('a page on another host than the site lists is still its own referrer', () => {
  assert.equal(told('http://localhost:3000/b', 'http://localhost:3000/a'), DIRECT);
  assert.equal(told('https://www.preview.example/b', 'https://preview.example/a'), DIRECT);
});

test('what is not a source leaves no referrer either', () => {
  const { referrer, referrerHost } = arrive(PAGE, 'https://checkout.stripe.com/c/pay/cs_live_1#x');
  assert.deepEqual([referrer, referrerHost], ['', '']);
});

test('the referrer is kept beside tags, its query cut', () => {
  const got = arrive(`${PAGE}?utm_source=n&utm_term=t&utm_content=c`, 'https://www.blog.example/a?token=1#x');
  assert.equal(got.referrer, 'https://www.blog.example/a');
  assert.equal(got.referrerHost, 'blog.example');
  assert.deepEqual([got.term, got.content], ['t', 'c']);
});

test('an in-app browser repairs a lost referrer and nothing else', () => {
  assert.equal(told(PAGE, '', 'instagram'), 'instagram / social / Organic Social');
  assert.equal(told(PAGE, 'https://shop.example/a', 'instagram'), DIRECT);
  assert.equal(told(`${PAGE}?utm_source=n&utm_medium=email`, '', 'instagram'), 'n / email / Email');
  assert.equal(told(PAGE, 'https://www.blog.example/', 'instagram'), 'blog.example / referral / Referral');
});

test('every click id names its source; only ad-only ids are paid', () => {
  const paidChannels = ['Paid Search', 'Display'];
  for (const row of clickIds.clickIds) {
    const got = arrive(`${PAGE}?${row.parameter}=value1`);
    assert.equal(got.source, row.source);
    assert.equal(got.clickId, 'value1');
    assert.equal(got.clickIdKind, row.parameter);
    assert.equal(paidChannels.includes(got.channel), row.paid, row.parameter);
  }
});

test('an event without an address is direct', () => {
  const got = acquisitionOf({ page: null, referrer: '', siteHosts: SITE, inAppBrowser: '' });
  assert.deepEqual([got.source, got.channel], ['', 'Direct']);
});
