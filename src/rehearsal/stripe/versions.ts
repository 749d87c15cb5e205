/** The renderings the simulated Stripe knows. A webhook endpoint is pinned to one, a request may name one. */
export const API_VERSIONS = [
  '2020-08-27',
  '2024-09-30.acacia',
  '2025-03-31.basil',
  '2025-09-30.clover',
  '2026-03-25.dahlia',
  '2026-10-28.endive',
] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export const LEGACY: ApiVersion = '2020-08-27';
export const ACACIA: ApiVersion = '2024-09-30.acacia';
export const BASIL: ApiVersion = '2025-03-31.basil';
export const CLOVER: ApiVersion = '2025-09-30.clover';
export const DAHLIA: ApiVersion = '2026-03-25.dahlia';
export const ENDIVE: ApiVersion = '2026-10-28.endive';

export function isApiVersion(text: string): text is ApiVersion {
  return (API_VERSIONS as readonly string[]).includes(text);
}

/** Is the version older than the one that came out on this day ('2025-03-31')? */
export function isBefore(version: ApiVersion, day: string): boolean {
  return version.slice(0, 10) < day;
}
