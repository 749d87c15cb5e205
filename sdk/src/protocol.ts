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
  /** Asks for a signed visitor id: the answer's `visitor` takes the place of the one that was sent. */
  sign?: boolean;
  /** false: refused, or not given where it is required. Counted without identity, whoever the batch or the day says it is. */
  consent?: boolean;
  events: WireEvent[];
}

export interface WireAnswer {
  accepted: number;
  /** The signed id under which the hits were kept: it belongs into the visitor cookies, in place of the one sent. */
  visitor?: string;
}

/**
 * Added to the address of a page on another domain of the site. The page that is opened so sends nothing more than its
 * `url` as it is: the server reads the parameter there and never stores it.
 */
export const HAND_OVER_PARAMETER = 'hw_h';
/** A hand-over is asked for when a link is about to be followed (pointerdown, focus), and anew for each. */
export const HAND_OVER_SECONDS = 120;

/** `POST /api/hand-over`, `text/plain`: who is about to leave for which of the site's other hosts. */
export interface WireHandOver {
  site: string;
  visitor: string;
  /** Host or address of the page that will be opened; a 400 unless it is the site's. */
  to: string;
}
export interface WireHandOverAnswer {
  /** Value of `hw_h`. */
  hand_over: string;
}
