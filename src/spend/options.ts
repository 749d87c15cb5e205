import type { DayOrder } from '../core/spend-days.ts';
import type { SpendPlatform } from '../core/spend.ts';

/** What a person says about a file; null: the file tells. */
export interface SpendFileOptions {
  platform: SpendPlatform | null;
  currency: string | null;
  source: string | null;
  medium: string | null;
  account: string | null;
  dates: DayOrder | null;
}
