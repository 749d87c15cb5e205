/**
 * How a session arrived, as received. Every field is '' when the hit carried no evidence for it, so that
 * "arrived with no evidence of a source" (direct) is told by `source === ''`.
 */
export interface Acquisition {
  source: string;
  medium: string;
  campaign: string;
  term: string;
  content: string;
  /** The ad click id's value; `clickIdKind` is its parameter ('gclid', 'fbclid', …). */
  clickId: string;
  clickIdKind: string;
  /** Referrer's host without 'www.', '' for none, the site's own hosts and payment pages. */
  referrerHost: string;
  /** Referrer as received, its query cut. */
  referrer: string;
  channel: string;
}

/** The row label of visitors without evidence of a source, in reports and in a payment's touchpoints. */
export const DIRECT_SOURCE = '(direct)';
export const DIRECT_MEDIUM = '(none)';
export const DIRECT_CHANNEL = 'Direct';
