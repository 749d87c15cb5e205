import { whatIfQuery } from './model-settings.ts';
import type { Asked } from './scenario-models.ts';
import type { Balance } from './stripe/balance.ts';

/** How stories ask a running Headwater. */

/** What is needed to ask Headwater about a story. */
export interface Questions {
  target: { url: string; site: string; apiKey: string };
  /** Days that enclose the story. */
  from: string;
  to: string;
  mode: 'live' | 'test';
  chargeOf(name: string | null): string | null;
  /** When the story's day 0 begins, in epoch milliseconds. */
  startMs: number;
  /** What Stripe's balance transactions add up to, by currency. */
  balance(): Record<string, Balance>;
  /** What the account's subscriptions were worth a month at an instant (epoch seconds), by currency. */
  recurring(second: number): Record<string, number>;
}

/** What was found, in the words of the story. */
export interface Answer {
  ok: boolean;
  found: string;
}

export interface Report {
  rows: Record<string, string | number | null>[];
  totals: Record<string, number | null>;
  currency: string;
  unconverted?: Record<string, Record<string, number>>;
}

export async function get<T>({ target }: Questions, path: string): Promise<T> {
  const response = await fetch(`${target.url}/api/v1/sites/${target.site}/${path}`, {
    headers: { authorization: `Bearer ${target.apiKey}` },
  });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`${path.split('?')[0]} answered ${response.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text) as T;
}

export function report(questions: Questions, query: Record<string, string>): Promise<Report> {
  const { from, to, mode } = questions;
  return get<Report>(questions, `report?${new URLSearchParams({ from, to, mode, limit: '1000', ...query })}`);
}

export const DAY_MS = 86_400_000;
/** The day of an instant, UTC as stories are. */
export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
/** The date of a day of the story. */
export const dateOf = ({ startMs }: Questions, day: number) => dayOf(startMs + day * DAY_MS);

/** What a story says of how it asks, as parameters of a report. */
export function parametersOf(questions: Questions, { day, by, whatIf }: Asked): Record<string, string> {
  const days: Record<string, string> = day === null ? {} : { from: dateOf(questions, day), to: dateOf(questions, day) };
  return { by, ...days, ...(whatIf === null ? {} : whatIfQuery(whatIf)) };
}
