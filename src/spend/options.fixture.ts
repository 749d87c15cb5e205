import type { SpendFileOptions } from './options.ts';

/** The file tells everything. */
export const NOTHING_SAID: SpendFileOptions = {
  platform: null,
  currency: null,
  source: null,
  medium: null,
  account: null,
  dates: null,
};
