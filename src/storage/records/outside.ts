import { AsyncLocalStorage } from 'node:async_hooks';
import type { KyselyPlugin } from 'kysely';

/**
 * Tells when code inside a transaction asks the store outside it. On SQLite it would wait for its own connection for
 * ever; on PostgreSQL it would not see, nor share the fate of, its own writes. Both say so at once.
 */
export function createOutsideGuard(): { plugin: KyselyPlugin; inside<T>(work: () => Promise<T>): Promise<T> } {
  const current = new AsyncLocalStorage<{ open: boolean }>();
  return {
    plugin: {
      transformQuery({ node }) {
        if (current.getStore()?.open) {
          throw new Error('the records store was used inside a transaction without its handle: use the one it passes');
        }
        return node;
      },
      transformResult: async ({ result }) => result,
    },
    async inside(work) {
      // Timers started inside outlive the transaction and keep its context: closed, it says nothing any more.
      const context = { open: true };
      try {
        return await current.run(context, work);
      } finally {
        context.open = false;
      }
    },
  };
}
