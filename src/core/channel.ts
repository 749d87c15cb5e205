import { type SourceKind, sourceOfName } from './acquisition-sources.ts';

/**
 * The channel of an acquisition: GA4's default channel groups, names and order of its rules for manually tagged
 * traffic (support.google.com/analytics/answer/9756891), plus 'AI Assistants', which GA4 files under Referral.
 * The first rule that fits wins. channel-table.json shows what that means, row by row, and is what the test runs.
 */
export const CHANNELS = [
  'Direct',
  'Cross-network',
  'Paid Shopping',
  'Paid Search',
  'Paid Social',
  'Paid Video',
  'Display',
  'Paid Other',
  'AI Assistants',
  'Organic Shopping',
  'Organic Social',
  'Organic Video',
  'Organic Search',
  'Email',
  'Affiliates',
  'Referral',
  'Audio',
  'SMS',
  'Mobile Push Notifications',
  'Unassigned',
] as const;
export type Channel = (typeof CHANNELS)[number];

interface Tags {
  source: string;
  medium: string;
  campaign: string;
  kind: SourceKind | null;
}

const SHOPPING_CAMPAIGN = /^(.*(([^a-df-z]|^)shop|shopping).*)$/;
const PAID_MEDIUM = /^(.*cp.*|ppc|retargeting|paid.*)$/;
const DISPLAY_MEDIUMS = new Set(['display', 'banner', 'expandable', 'interstitial', 'cpm']);
const SOCIAL_MEDIUMS = new Set(['social', 'social-network', 'social-media', 'sm', 'social network', 'social media']);
const EMAIL_NAMES = new Set(['email', 'e-mail', 'e_mail', 'e mail']);
const REFERRAL_MEDIUMS = new Set(['referral', 'app', 'link']);
const AI_MEDIUMS = new Set(['ai', 'ai-assistant', 'ai_assistant']);
const NO_MEDIUMS = new Set(['', '(none)', '(not set)']);

const isDirect = (t: Tags) => (t.source === '' || t.source === '(direct)') && NO_MEDIUMS.has(t.medium);
const isCrossNetwork = (t: Tags) => t.campaign.includes('cross-network');
const isPaid = (t: Tags) => PAID_MEDIUM.test(t.medium);
const isShopping = (t: Tags) => t.kind === 'shopping' || SHOPPING_CAMPAIGN.test(t.campaign);
const isSearch = (t: Tags) => t.kind === 'search';
const isSocial = (t: Tags) => t.kind === 'social';
const isVideo = (t: Tags) => t.kind === 'video';
const isAssistant = (t: Tags) => t.kind === 'ai' || AI_MEDIUMS.has(t.medium);
const isDisplay = (t: Tags) => DISPLAY_MEDIUMS.has(t.medium);
const isOrganicSocial = (t: Tags) => isSocial(t) || SOCIAL_MEDIUMS.has(t.medium);
const isOrganicVideo = (t: Tags) => isVideo(t) || t.medium.includes('video');
const isOrganicSearch = (t: Tags) => isSearch(t) || t.medium === 'organic';
const isEmail = (t: Tags) => t.kind === 'email' || EMAIL_NAMES.has(t.source) || EMAIL_NAMES.has(t.medium);
const isAffiliate = (t: Tags) => t.medium === 'affiliate';
const isReferral = (t: Tags) => REFERRAL_MEDIUMS.has(t.medium);
const isAudio = (t: Tags) => t.medium === 'audio';
const isSms = (t: Tags) => t.source === 'sms' || t.medium === 'sms';
const isPush = (t: Tags) =>
  t.medium.endsWith('push') ||
  t.medium.includes('mobile') ||
  t.medium.includes('notification') ||
  t.source === 'firebase';

const RULES: readonly (readonly [Channel, (tags: Tags) => boolean])[] = [
  ['Direct', isDirect],
  ['Cross-network', isCrossNetwork],
  ['Paid Shopping', (t) => isShopping(t) && isPaid(t)],
  ['Paid Search', (t) => isSearch(t) && isPaid(t)],
  ['Paid Social', (t) => isSocial(t) && isPaid(t)],
  ['Paid Video', (t) => isVideo(t) && isPaid(t)],
  ['Display', isDisplay],
  ['Paid Other', isPaid],
  ['AI Assistants', isAssistant],
  ['Organic Shopping', isShopping],
  ['Organic Social', isOrganicSocial],
  ['Organic Video', isOrganicVideo],
  ['Organic Search', isOrganicSearch],
  ['Email', isEmail],
  ['Affiliates', isAffiliate],
  ['Referral', isReferral],
  ['Audio', isAudio],
  ['SMS', isSms],
  ['Mobile Push Notifications', isPush],
];

export function channelOf(acquisition: { source: string; medium: string; campaign: string }): Channel {
  const source = acquisition.source.trim().toLowerCase();
  const tags: Tags = {
    source,
    medium: acquisition.medium.trim().toLowerCase(),
    campaign: acquisition.campaign.trim().toLowerCase(),
    kind: source === '' ? null : (sourceOfName(source)?.kind ?? null),
  };
  for (const [channel, fits] of RULES) {
    if (fits(tags)) return channel;
  }
  return 'Unassigned';
}
