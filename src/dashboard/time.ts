import { addDays, dayAt } from '../core/report-days.ts';

/** Days are 'YYYY-MM-DD' strings of the site's time zone. */
export const RANGES = {
  today: 'Today',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  month: 'Month to date',
  last_month: 'Last month',
  year: 'This year',
  custom: 'Custom',
} as const;
export type RangeName = keyof typeof RANGES;
export interface Days {
  from: string;
  to: string;
}

export const todayIn = (timezone: string): string => dayAt(Date.now(), timezone);

export function daysOf(range: Exclude<RangeName, 'custom'>, today: string): Days {
  const monthStart = `${today.slice(0, 8)}01`;
  switch (range) {
    case 'today':
      return { from: today, to: today };
    case '7d':
      return { from: addDays(today, -6), to: today };
    case '30d':
      return { from: addDays(today, -29), to: today };
    case '90d':
      return { from: addDays(today, -89), to: today };
    case 'month':
      return { from: monthStart, to: today };
    case 'last_month': {
      const to = addDays(monthStart, -1);
      return { from: `${to.slice(0, 8)}01`, to };
    }
    case 'year':
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
  }
}

const dayFormats = {
  short: new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', day: 'numeric', month: 'short' }),
  long: new Intl.DateTimeFormat(undefined, {
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  }),
  plain: new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }),
};
export const formatDay = (day: string, shape: keyof typeof dayFormats = 'plain'): string =>
  dayFormats[shape].format(new Date(`${day}T00:00:00Z`));

export function formatDays({ from, to }: Days): string {
  if (from === to) return formatDay(from);
  return dayFormats.plain.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`));
}

/** A moment in the site's zone: to the second with its year, or to the minute, the year only when it is another one. */
export function formatMoment(at: string, timeZone: string, withSeconds = false): string {
  return new Intl.DateTimeFormat(undefined, {
    timeZone,
    day: 'numeric',
    month: 'short',
    ...(withSeconds || at.slice(0, 4) !== todayIn(timeZone).slice(0, 4) ? { year: 'numeric' } : {}),
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  }).format(new Date(at));
}

const agoFormat = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
export function formatAgo(at: string, now = Date.now()): string {
  const seconds = Math.min(0, Math.round((Date.parse(at) - now) / 1000));
  if (seconds > -60) return agoFormat.format(seconds, 'second');
  if (seconds > -3600) return agoFormat.format(Math.round(seconds / 60), 'minute');
  if (seconds > -86_400) return agoFormat.format(Math.round(seconds / 3600), 'hour');
  return agoFormat.format(Math.round(seconds / 86_400), 'day');
}

export function formatDuration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'under a minute';
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} hours`;
  return `${Math.round(hours / 24)} days`;
}
