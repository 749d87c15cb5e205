import type { SpendAlias } from '../core/spend.ts';
import type { Records, Site } from '../storage/records/records.ts';
import { setSpendAlias } from './alias.ts';
import { importSpend, undoSpend } from './book.ts';
import type { ImportSwitches, SpendInput } from './book.ts';
import { createSpendPage } from './page.ts';
import type { SpendPageOptions } from './page.ts';

/** What people do with spend: see it, import it, take an import back, say how campaigns are tagged. */
export function createSpendUse(options: SpendPageOptions & { records: Records; wake?: () => void }) {
  return {
    page: createSpendPage(options),
    import: (site: Site, input: SpendInput, switches: ImportSwitches) => importSpend(options, site, input, switches),
    undo: (site: Site, id: string) => undoSpend(options, site.id, id),
    alias: (site: Site, alias: SpendAlias) => setSpendAlias(options, site.id, alias),
  };
}

export type SpendUse = ReturnType<typeof createSpendUse>;
