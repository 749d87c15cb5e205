/** The renderings the simulated Stripe knows. A webhook endpoint is pinned to one, a request may name one. */
export const API_VERSIONS = ['2020-08-27', '2026-10-28.endive'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export const LEGACY: ApiVersion = '2020-08-27';
export const ENDIVE: ApiVersion = '2026-10-28.endive';

export function isApiVersion(text: string): text is ApiVersion {
  return (API_VERSIONS as readonly string[]).includes(text);
}
