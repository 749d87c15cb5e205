import type { PermissionRule } from './provider.ts';

/** Addresses of Stripe's form for restricted keys, with every permission Headwater uses filled in. */
export function keyLinks(permissions: readonly PermissionRule[]): { live: string; test: string } {
  const search = new URLSearchParams({ name: 'Headwater' });
  for (const [index, { name }] of permissions.entries()) search.set(`permissions[${index}]`, name);
  const link = (prefix: string) => `https://dashboard.stripe.com/${prefix}apikeys/create?${search}`;
  return { live: link(''), test: link('test/') };
}
