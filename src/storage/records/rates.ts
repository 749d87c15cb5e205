import type { Kysely } from 'kysely';
import type { Rate } from '../../core/rates.ts';
import { atomically } from './atomically.ts';
import { chunks } from './chunks.ts';
import type { Database } from './database.ts';
import type { Rates } from './records-rates.ts';

export function createRates(db: Kysely<Database>): Rates {
  return {
    put: (rates, source) =>
      atomically(db, async (transaction) => {
        const changed: Rate[] = [];
        // The last of several for one pair and day counts; one statement cannot write a row twice.
        const last = [...new Map(rates.map((rate) => [keyOf(rate), rate])).values()];
        for (const part of chunks(last)) {
          const rows = await transaction
            .insertInto('rates')
            .values(part.map(({ day, base, quote, rate }) => ({ day, base, quote, rate, source })))
            .onConflict((conflict) =>
              conflict
                .columns(['day', 'base', 'quote'])
                .doUpdateSet((eb) => ({ rate: eb.ref('excluded.rate'), source: eb.ref('excluded.source') }))
                .where(({ eb, or, and }) =>
                  or([
                    and([eb('rates.source', '=', 'feed'), eb('rates.rate', '!=', eb.ref('excluded.rate'))]),
                    and([eb('excluded.source', '=', 'file'), eb('rates.rate', '!=', eb.ref('excluded.rate'))]),
                    and([eb('excluded.source', '=', 'file'), eb('rates.source', '=', 'feed')]),
                  ]),
                ),
            )
            .returning(['day', 'base', 'quote', 'rate'])
            .execute();
          const written = new Set(rows.map(keyOf));
          changed.push(...part.filter((rate) => written.has(keyOf(rate))));
        }
        return changed;
      }),
    async between(from, to, quotes) {
      const rates: Rate[] = [];
      for (const part of chunks([...new Set(quotes)])) {
        const rows = await db
          .selectFrom('rates')
          .select(['day', 'base', 'quote', 'rate'])
          .where('day', '>=', from)
          .where('day', '<=', to)
          .where('quote', 'in', part)
          .execute();
        rates.push(...rows);
      }
      return rates;
    },
    async payments(site, currency, { from, until }, { afterId, limit }) {
      const rows = await db
        .selectFrom('ledger_entries')
        .select('payment')
        .distinct()
        .where('site', '=', site)
        .where('occurred_at', '>=', from)
        .where('occurred_at', '<', until)
        .where((eb) => eb.or([eb('currency', '!=', currency), eb('settled_currency', '!=', currency)]))
        .$if(afterId !== null, (query) => query.where('payment', '>', afterId!))
        .orderBy('payment')
        .limit(limit)
        .execute();
      return rows.map((row) => row.payment);
    },
    async known() {
      const edge = (direction: 'asc' | 'desc') =>
        db.selectFrom('rates').select('day').orderBy('day', direction).limit(1).executeTakeFirst();
      const [first, last] = [await edge('asc'), await edge('desc')];
      return first && last ? { from: first.day, to: last.day } : null;
    },
  };
}

function keyOf({ day, base, quote }: Pick<Rate, 'day' | 'base' | 'quote'>): string {
  return `${day} ${base} ${quote}`;
}
