import type { Acquisition } from './acquisition.ts';

export interface Device {
  browser: string;
  os: string;
  /** 'desktop' | 'mobile' | 'tablet' | 'tv' | 'other' or '' when unknown. */
  device: string;
  language: string;
}

export interface Location {
  /** ISO 3166-1 alpha-2, or '' when unknown. */
  country: string;
  region: string;
  city: string;
  /** True when the country was derived from the time zone and not from an address. */
  locationApproximate: boolean;
}

/**
 * What was kept of a hit: one immutable row of the facts store's `events` table (storage/facts/schema), whose columns
 * are these names in snake case. Holds no IP address and no user agent.
 */
export interface Event extends Acquisition, Device, Location {
  site: string;
  /** UUID given by the sender; `(site, id)` counts once within 7 days. */
  id: string;
  /** '' when the hit came without identity. */
  visitor: string;
  /** '' until the drainer assigned one (only when `visitor` is set). */
  session: string;
  name: string;
  /** Epoch milliseconds, UTC: when it happened (corrected for client skew). */
  occurredAt: number;
  /** Epoch milliseconds, UTC: when we heard. */
  receivedAt: number;
  hostname: string;
  path: string;
  /** The page's address after the query cut: only campaign, click-id and site-listed parameters survive. */
  url: string;
  title: string;
  /** Custom properties; values are strings of at most 500 characters. */
  props: Record<string, string>;
  /** '' for people; otherwise why the hit is a bot's ('user_agent', 'webdriver', …). */
  bot: string;
}
