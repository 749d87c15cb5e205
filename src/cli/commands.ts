import type { Command } from './command.ts';

/** Loads a command's module only when it is asked for: `--help` and a typo answer at once. */
export interface Entry {
  name: string;
  load(): Promise<Command>;
}

export const COMMANDS: readonly Entry[] = [
  { name: 'serve', load: async () => (await import('./serve.ts')).serve },
  { name: 'demo', load: async () => (await import('./demo.ts')).demo },
  { name: 'site add', load: async () => (await import('./site.ts')).siteAdd },
  { name: 'site list', load: async () => (await import('./site.ts')).siteList },
  { name: 'member add', load: async () => (await import('./member.ts')).memberAdd },
  { name: 'key add', load: async () => (await import('./key.ts')).keyAdd },
  { name: 'stripe connect', load: async () => (await import('./stripe.ts')).stripeConnect },
  { name: 'stripe backfill', load: async () => (await import('./stripe-backfill.ts')).stripeBackfill },
  { name: 'stripe reconcile', load: async () => (await import('./stripe-reconcile.ts')).stripeReconcile },
  { name: 'stripe replay', load: async () => (await import('./stripe-replay.ts')).stripeReplay },
  { name: 'stripe disconnect', load: async () => (await import('./stripe.ts')).stripeDisconnect },
  { name: 'stripe doctor', load: async () => (await import('./doctor.ts')).stripeDoctor },
  { name: 'link list', load: async () => (await import('./link.ts')).linkList },
  { name: 'link reject', load: async () => (await import('./link.ts')).linkReject },
  { name: 'link reinstate', load: async () => (await import('./link.ts')).linkReinstate },
  { name: 'recompute', load: async () => (await import('./recompute.ts')).recompute },
  { name: 'rates import', load: async () => (await import('./rates.ts')).ratesImport },
  { name: 'spend import', load: async () => (await import('./spend-import.ts')).spendImport },
  { name: 'rehearse', load: async () => (await import('./rehearse.ts')).rehearse },
];
