/** The wire between the pixel (or a server) and `POST /api/event`. Types and constants only; nothing to run. */

export const VISITOR_COOKIE_DAYS = 365;
export const SESSION_MINUTES = 30;

/** One event as sent. Unknown fields are ignored by the server. */
export interface WireEvent {
  /** UUID; the same id of a site counts once within 7 days. */
  id: string;
  /** 'pageview', 'identify', 'checkout' or the name of a custom event. */
  name: string;
  url?: string;
  referrer?: string;
  title?: string;
  /** Epoch milliseconds by the sender's clock. */
  at?: number;
  props?: Record<string, unknown>;
  /** With a server key only: each event may say whose it is. */
  visitor?: string;
  session?: string;
  ip?: string;
  user_agent?: string;
}

export interface WireBatch {
  site: string;
  /** 1–64 of [A-Za-z0-9_-], or absent: counted without identity. */
  visitor?: string;
  session?: string;
  /** Sender's clock when sending, epoch milliseconds: corrects skew. */
  sent?: number;
  /** IANA time zone of the browser. */
  tz?: string;
  /** Set by the pixel when `navigator.webdriver` is true: marks, never silences. */
  webdriver?: boolean;
  events: WireEvent[];
}

export interface WireAnswer {
  accepted: number;
}
