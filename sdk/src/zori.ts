/**
 * `headwater-sdk`, the entry without a name: what code written for `@zorihq/react` imports, by an alias of the package.
 * The publishable key is the site's id; ids found in `zori_…` cookies are adopted.
 */
import { createElement, Fragment, useEffect, useMemo, useState } from 'react';
import type { ElementType, ReactElement, ReactNode } from 'react';
import type { Consent, Props } from './browser.ts';
import { HeadwaterProvider, useHeadwater } from './react.ts';
import { idsOfCookies } from './visitor-ids.ts';

export interface ZoriConfig {
  /** The id of the site in Headwater. */
  publishableKey: string;
  /** Address of Headwater, with or without the path of the old endpoint. Absent: the script stands in the HTML. */
  baseUrl?: string;
  /** Accepted and without effect: the script measures engagement by itself. */
  comebackThreshold?: number;
  trackQuickSwitches?: boolean;
  /** So are the settings of later versions. */
  [setting: string]: unknown;
}
export interface UserInfo {
  app_id?: string;
  email?: string;
  fullname?: string;
  [trait: string]: unknown;
}
export type ConsentPreferences = Consent;

/** @param props.autoTrackPageViews accepted and without effect: the script sends every page view once */
export function ZoriProvider(props: {
  config: ZoriConfig;
  autoTrackPageViews?: boolean;
  children?: ReactNode;
}): ReactElement {
  const { config, children } = props;
  // What is pushed before the script is there waits in this list.
  useEffect(() => void ((window as Window & { ZoriHQ?: unknown }).ZoriHQ ||= []), []);
  if (config.baseUrl === undefined) return createElement(Fragment, null, children);
  const options = {
    host: config.baseUrl.replace(/\/ingest\/?$/, ''),
    site: config.publishableKey,
    attributes: { compat: 'zori' },
  };
  return createElement(HeadwaterProvider, options, children);
}

/**
 * As documented for Zori: four of these answer at once, what was told answers true, and the visitor's id is a text: '' where
 * there is none.
 */
export function useZori() {
  const headwater = useHeadwater();
  const [isInitialized, setInitialized] = useState(false);
  useEffect(() => {
    let isMounted = true;
    void headwater.getVisitorId().then(() => isMounted && setInitialized(true));
    return () => {
      isMounted = false;
    };
  }, [headwater]);
  const api = useMemo(() => {
    const getVisitorId = async () => (await headwater.getVisitorId()) ?? '';
    return {
      getVisitorId,
      getSessionId,
      hasConsent,
      track: async (name: string, props?: Props) => (await headwater.track(name, props), true),
      identify: async (user: Props) => (await headwater.identify(user), true),
      setConsent: (consent: Consent) => (void headwater.setConsent(consent), true),
      optOut: () => (void headwater.optOut(), true),
    };
  }, [headwater]);
  return { isInitialized, ...api };
}

/** null: no visit yet, blocked, refused, or no browser. */
function getSessionId(): string | null {
  return typeof document === 'undefined' ? null : idsOfCookies(document.cookie).session;
}

/**
 * What the visitor said, or else what holds unasked: by the same rule as the script's (identity.ts), which may not be there
 * yet. On a server, where nobody has said anything, true as Zori's.
 */
function hasConsent(): boolean {
  if (typeof document === 'undefined') return true;
  const said = saidOfConsent();
  if (said !== undefined) return Number(said) > 0;
  const asked = document.querySelector<HTMLElement>('script[data-site][data-consent]')?.dataset['consent'];
  return asked
    ? asked === 'granted'
    : !(navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl;
}

function saidOfConsent(): string | undefined {
  try {
    return localStorage['hw_c'] as string | undefined;
  } catch {
    return undefined;
  }
}

/** The page view itself is sent by the script; this adds an event `page_view` that carries the properties. */
export function usePageView(props?: Props): void {
  useTrackEvent('page_view', props, [textOf(props)]);
}

/** null: what has no JSON, as a circle has none, must not break the rendering. */
function textOf(props: Props | undefined): string | null {
  try {
    return JSON.stringify(props);
  } catch {
    return null;
  }
}

export function useIdentify(user: UserInfo | null | undefined): void {
  const headwater = useHeadwater();
  const said = user ? textOf(user) : null;
  useEffect(() => {
    if (said !== null) void headwater.identify(JSON.parse(said) as UserInfo);
  }, [headwater, said]);
}

export function useTrackEvent(name: string, props?: Props, dependencies: readonly unknown[] = []): void {
  const { track } = useHeadwater();
  // oxlint-disable-next-line react-hooks/exhaustive-deps, react/exhaustive-effect-dependencies -- the caller says when it happens again, as with useEffect
  useEffect(() => void track(name, props), [name, ...dependencies]);
}

export function TrackClick({
  eventName = 'click',
  properties,
  // Of which the keyboard knows too.
  as = 'button',
  onClick,
  ...rest
}: {
  eventName?: string;
  properties?: Props;
  as?: ElementType;
  onClick?: (event: unknown) => void;
  children?: ReactNode;
  [attribute: string]: unknown;
}): ReactElement {
  const { track } = useHeadwater();
  const click = (event: unknown) => {
    void track(eventName, properties);
    onClick?.(event);
  };
  return createElement(as, { ...rest, onClick: click });
}
