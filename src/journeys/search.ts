import { isWellFormedId } from '../core/link.ts';
import type { Mode } from '../core/payment.ts';
import type { Records } from '../storage/records/records.ts';
import type { PeopleFacts } from '../storage/facts/journey-facts.ts';

export interface PeopleSearchOptions {
  records: {
    payments: Pick<Records['payments'], 'ofCustomer' | 'touchedBy' | 'rowsOf'>;
    identities: Pick<Records['identities'], 'visitors'>;
  };
  facts: { people: PeopleFacts };
  /** As collect hashes the e-mail addresses of identify. */
  hashEmail: (email: string) => string;
  defaultMode: (site: string) => Promise<Mode>;
}

export interface Found {
  kind: 'customer' | 'visitor' | 'payment';
  id: string;
  /** What was searched for and found there. */
  by: 'customer' | 'visitor' | 'payment' | 'email' | 'app_id';
}

const FOUND_MAX = 50;
const TEXT_MAX = 320;

/** People by what is known of them: a customer's, visitor's or payment's id, an app id, or an e-mail address. */
export function createPeopleSearch({ records, facts, hashEmail, defaultMode }: PeopleSearchOptions) {
  return async (site: string, written: string, asked: Mode | null): Promise<Found[]> => {
    const text = written.trim();
    if (text === '' || text.length > TEXT_MAX) return [];
    const mode = asked ?? (await defaultMode(site));
    const [ofCustomer, [payment], seen, byApp, byEmail] = await Promise.all([
      records.payments.ofCustomer(site, mode, text),
      records.payments.rowsOf(site, [text]),
      isWellFormedId(text) ? facts.people.seen(site, [text]) : [],
      records.identities.visitors(site, 'app_id', [text]),
      text.includes('@') ? records.identities.visitors(site, 'email_hash', [hashEmail(text.toLowerCase())]) : [],
    ]);
    const found: Found[] = [];
    if (ofCustomer.length > 0) found.push({ kind: 'customer', id: text, by: 'customer' });
    if (payment?.mode === mode) found.push({ kind: 'payment', id: payment.id, by: 'payment' });
    found.push(...seen.map(({ visitor }): Found => ({ kind: 'visitor', id: visitor, by: 'visitor' })));
    for (const [by, claims] of [
      ['app_id', byApp],
      ['email', byEmail],
    ] as const) {
      const visitors = [...new Set(claims.map(({ visitor }) => visitor))].slice(0, FOUND_MAX);
      const customers = await customersOf(site, mode, visitors);
      found.push(...customers.map((id): Found => ({ kind: 'customer', id, by })));
      found.push(...visitors.map((id): Found => ({ kind: 'visitor', id, by })));
    }
    return [...new Map(found.map((one) => [`${one.kind} ${one.id}`, one])).values()].slice(0, FOUND_MAX);
  };

  async function customersOf(site: string, mode: Mode, visitors: readonly string[]): Promise<string[]> {
    if (visitors.length === 0) return [];
    const ids = await records.payments.touchedBy(site, visitors);
    const payments = await records.payments.rowsOf(site, ids.slice(0, FOUND_MAX));
    const ofMode = payments.filter((payment) => payment.mode === mode && payment.customer !== null);
    return [...new Set(ofMode.map((payment) => payment.customer!))].sort();
  }
}

export type PeopleSearch = ReturnType<typeof createPeopleSearch>;
