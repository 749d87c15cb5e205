/** `headwater-sdk/react`: works with any router, under StrictMode and in server rendering. React 18 or later. */
import { createContext, createElement, useContext, useEffect, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { createHeadwater } from './browser.ts';
import type { Headwater, HeadwaterOptions } from './browser.ts';

export type { Consent, Headwater, HeadwaterOptions, Props } from './browser.ts';

/** Without a provider the script of the HTML is used, where there is one. */
const Current = createContext<Headwater>(createHeadwater());

/** Loads the script once the page is shown. Options are read on the first rendering. */
export function HeadwaterProvider({ children, ...options }: HeadwaterOptions & { children?: ReactNode }): ReactElement {
  const [headwater] = useState(() => createHeadwater(options));
  // Effects run in browsers only, and loading twice is loading once: StrictMode repeats this.
  useEffect(() => headwater.load(), [headwater]);
  return createElement(Current.Provider, { value: headwater }, children);
}

/** The functions are stable: they may stand in dependency lists, and be called at any time. */
export function useHeadwater(): Headwater {
  return useContext(Current);
}
