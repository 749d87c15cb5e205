import type { ModelSettings, Renewals } from '../../core/attribution/settings.ts';

/** What the answer was computed with; what renewals follow is not known of the oldest runs. */
export type RunSettings = ModelSettings & { renewals?: Renewals };

/** A question to reports, what was answered, and with which settings. It never changes. */
export interface SavedRun {
  id: string;
  name: string;
  /** A query string. */
  question: string;
  settings: RunSettings;
  /** JSON, as it was answered. */
  answer: string;
  createdAt: number;
}

export interface SavedRuns {
  /** Null: the site has `max` of them already. */
  add(site: string, run: Omit<SavedRun, 'id' | 'createdAt'>, max: number, now: number): Promise<SavedRun | null>;
  get(site: string, id: string): Promise<SavedRun | null>;
  /** Newest first, without their answers. */
  list(site: string): Promise<Omit<SavedRun, 'answer'>[]>;
  /** False: there is none. */
  remove(site: string, id: string): Promise<boolean>;
}
