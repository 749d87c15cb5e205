import type { CreditRow } from '../../src/core/attribution/credit.ts';
import { RULE_MODELS } from '../../src/core/attribution/models.ts';
import { moneyObjectOf, type LedgerEntry } from '../../src/core/ledger.ts';
import type { Played, Target } from '../../src/rehearsal/play.ts';
import type { Records } from '../../src/storage/records/records.ts';

/** A site's ledger, links, reasons and credits without ids and without days: equal for all tellings of one story. */
export interface Book {
  payments: BookedPayment[];
  /** What the entries add up to, by settlement currency. */
  settled: Record<string, { amount: number; fee: number }>;
  /** By currency of the entries: gross, refunded, disputed. */
  sums: Record<string, { gross: number; refunded: number; disputed: number }>;
  /** Entries whose credits do not add up to them, under some model. */
  uncredited: string[];
}

export interface BookedPayment {
  money: string;
  credit: string;
  /** The link that decided: where and under which name differs between API versions. */
  found: string;
}

export async function bookOf(records: Records, site: string, startMs: number): Promise<Book> {
  const payments: BookedPayment[] = [];
  const book: Book = { payments, settled: {}, sums: {}, uncredited: [] };
  for (const id of await records.payments.all(site, null, 1_000)) {
    // In this order: a payment that is newer than these entries is told by what the entries lack.
    const entries = await records.ledger.entries(site, id);
    const row = await records.payments.get(site, id);
    const since = (at: number | null) => (at === null ? null : at - startMs);
    const { attribution: it, ...payment } = row!;
    addSums(book, entries);
    book.uncredited.push(...uncreditedOf(entries, it.rows));
    payments.push({
      money: JSON.stringify({
        at: since(payment.occurredAt),
        pathEndsAt: since(payment.pathEndsAt),
        kind: payment.kind,
        sums: [payment.currency, payment.grossMinor, payment.refundedMinor, payment.disputedMinor],
        fee: [payment.feeCurrency, payment.feeMinor],
        tax: payment.taxMinor,
        movements: movementsOf(entries, startMs),
      }),
      credit: JSON.stringify({
        reason: it.reason,
        visitor: it.visitor,
        path: it.path.map((touch) => [touch.source, touch.visitor, since(touch.occurredAt)]),
        credits: it.credits,
      }),
      found: it.usedLink === null ? '' : JSON.stringify([prefixOf(it.usedLink.object), it.usedLink.field]),
    });
  }
  payments.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return book;
}

/** Per money object what its entries sum to, at which time; nothing where they sum to nothing. */
function movementsOf(entries: readonly LedgerEntry[], startMs: number): string[] {
  const objects = Map.groupBy(entries, (entry) => moneyObjectOf(entry.id));
  return [...objects]
    .map(([id, own]) => {
      const at = new Map<string, number>();
      for (const entry of own) {
        // Known from the charge alone, refunds are dated when they were heard of; the sum is 0 once they are known.
        const when = id.endsWith('#refunds') ? 'heard' : String(entry.occurredAt - startMs);
        const key = `${when} ${entry.currency}`;
        at.set(key, (at.get(key) ?? 0) + entry.amountMinor);
      }
      const amounts = [...at].filter(([, sum]) => sum !== 0).map(([key, sum]) => `${key} ${sum}`);
      const fee = own.reduce((sum, entry) => sum + (entry.feeMinor ?? 0), 0);
      const settled = own.reduce((sum, entry) => sum + (entry.settledMinor ?? 0), 0);
      return {
        amounts,
        fee,
        settled,
        text: JSON.stringify([prefixOf(id), own[0]!.kind, amounts.sort(), settled, fee]),
      };
    })
    .filter(({ amounts, fee, settled }) => amounts.length > 0 || fee !== 0 || settled !== 0)
    .map(({ text }) => text)
    .sort();
}

function addSums(book: Book, entries: readonly LedgerEntry[]): void {
  const field = { charge: 'gross', refund: 'refunded', dispute: 'disputed' } as const;
  for (const entry of entries) {
    const sums = (book.sums[entry.currency] ??= { gross: 0, refunded: 0, disputed: 0 });
    sums[field[entry.kind]] += entry.kind === 'charge' ? entry.amountMinor : 0 - entry.amountMinor;
    if (entry.settledCurrency === null) continue;
    const settled = (book.settled[entry.settledCurrency] ??= { amount: 0, fee: 0 });
    settled.amount += entry.settledMinor ?? 0;
    settled.fee += entry.feeMinor ?? 0;
  }
}

function uncreditedOf(entries: readonly LedgerEntry[], rows: readonly CreditRow[]): string[] {
  return entries.flatMap((entry) => {
    const own = rows.filter((row) => row.entry.id === entry.id);
    return RULE_MODELS.flatMap((model) => {
      const credited = own.reduce((sum, row) => sum + row.amounts[model], 0);
      if (credited === entry.amountMinor) return [];
      return [`${model} credits ${credited} of the ${entry.amountMinor} of ${entry.id}`];
    });
  });
}

const prefixOf = (id: string) => id.slice(0, id.indexOf('_') + 1) + (id.endsWith('#refunds') ? '#refunds' : '');

/** What went to others, or came from them, is no money movement of a payment. */
const NOT_PAYMENTS = ['transfer', 'platform_earning'];

/** Where a book differs from what Stripe's balance transactions add up to. */
export function againstBalance(book: Book, balance: ReturnType<Target['account']['balance']>): string[] {
  const wrong: string[] = [];
  for (const code of new Set([...Object.keys(balance), ...Object.keys(book.settled)])) {
    const { amount = 0, fee = 0, categories = {} } = balance[code] ?? {};
    const stripe = { amount: NOT_PAYMENTS.reduce((sum, name) => sum - (categories[name] ?? 0), amount), fee };
    const own = book.settled[code] ?? { amount: 0, fee: 0 };
    for (const what of ['amount', 'fee'] as const) {
      if (own[what] !== stripe[what]) {
        wrong.push(`entries settle to ${what} ${own[what]} ${code}, Stripe's balance says ${stripe[what]}`);
      }
    }
  }
  return wrong;
}

/** Where the facts store's credits differ from the ledger: every currency, asked over HTTP. */
export async function againstReports(book: Book, target: Target, played: Pick<Played, 'startMs'>): Promise<string[]> {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const metrics = ['gross', 'refunded', 'disputed'] as const;
  const query = new URLSearchParams({
    from: day(played.startMs - 86_400_000),
    to: day(Date.now() + 86_400_000),
    mode: target.account.state.livemode ? 'live' : 'test',
    model: 'linear',
    metrics: metrics.join(','),
    dimensions: 'currency',
    limit: '100',
  });
  const answer = await fetch(`${target.url}/api/v1/sites/${target.site}/report?${query}`, {
    headers: { authorization: `Bearer ${target.apiKey}` },
  });
  if (answer.status !== 200) return [`the report answered ${answer.status}`];
  const { rows } = (await answer.json()) as { rows: Record<string, string | number>[] };
  const reported = new Map(rows.map((row) => [String(row['currency']), row]));
  return Object.entries(book.sums).flatMap(([code, sums]) =>
    metrics
      .filter((metric) => Number(reported.get(code)?.[metric] ?? 0) !== sums[metric])
      .map(
        (metric) => `reports say ${metric} ${reported.get(code)?.[metric] ?? 0} ${code}, the ledger ${sums[metric]}`,
      ),
  );
}
