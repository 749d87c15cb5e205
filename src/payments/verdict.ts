import { linkKey } from '../core/link.ts';
import type { Link } from '../core/link.ts';
import type { Payment } from '../core/payment.ts';
import type { RestatementReason } from '../core/restatement.ts';
import type { Records, Site } from '../storage/records/records.ts';
import { bookCharges, lockConnection } from './book.ts';
import type { Connected } from './explain.ts';
import { linkId } from './link-id.ts';

/** Every batch of payments that is credited reads the rejected links of its site. */
const REJECTED_MAX = 10_000;

type Named = Pick<Link, 'object' | 'field' | 'value'>;

export type Judged =
  | { ok: true; value: { link: string; payments: number } }
  | { ok: false; status: 404 | 409; code: string; message: string; field: string };

interface Said {
  /** linkId. */
  link: string;
  /** Who, for people. */
  by: string;
  why: string;
}

/**
 * A person says that a link is wrong, or that it is right after all. Nothing is deleted: the word is kept beside the
 * evidence, so that the same evidence seen again changes nothing, and every payment it bears on is credited again.
 */
export function createVerdicts(deps: {
  records: Records;
  now: () => number;
  /** What may be rejected of a payment. */
  connectedBy(site: Site, payment: string): Promise<Connected | null>;
  onRequested?: () => void;
}) {
  const { records, now, onRequested } = deps;

  async function judge(site: Site, named: Named, verdict: 'rejected' | 'reinstated', said: Said): Promise<Judged> {
    const outcome = await records.transaction(async (tx): Promise<Judged> => {
      await tx.lock(`verdicts:${site.id}`);
      const isRejected = (await tx.verdicts.latest(site.id, said.link))?.verdict === 'rejected';
      if (isRejected === (verdict === 'rejected')) return stands(said.link, verdict);
      if (verdict === 'rejected' && (await tx.verdicts.rejected(site.id, REJECTED_MAX)).length === REJECTED_MAX) {
        const message = `link: ${REJECTED_MAX} links of this site are rejected already; mend what sends them instead`;
        return { ok: false, status: 409, code: 'too_many', field: 'link', message };
      }
      const { object, field, value } = named;
      await tx.verdicts.add(site.id, { ...said, object, field, value, verdict, at: now() });
      const payments = await creditAgain(tx, site, named, verdict, now());
      return { ok: true, value: { link: said.link, payments } };
    });
    if (outcome.ok) onRequested?.();
    return outcome;
  }

  return {
    /** Rejects a link that bears on this payment. */
    async reject(site: Site, payment: string, said: Said): Promise<Judged> {
      const found = await deps.connectedBy(site, payment);
      const named = found?.evidence.find((it) => linkId(it) === said.link);
      if (named) return judge(site, named, 'rejected', said);
      const what = found ? `payment "${payment.slice(0, 64)}" has no such link` : 'this site has no such payment';
      return unknown(`link: ${what}; its links and their ids are under payments/:payment/identity`);
    },
    async reinstate(site: Site, said: Said): Promise<Judged> {
      const latest = await records.verdicts.latest(site.id, said.link);
      return latest ? judge(site, latest, 'reinstated', said) : unknown('link: no link of this id was ever rejected');
    },
    rejected: (site: Site, limit: number) => records.verdicts.rejected(site.id, limit),
  };
}

export type VerdictUse = ReturnType<typeof createVerdicts>;

const unknown = (message: string): Judged => ({ ok: false, status: 404, code: 'unknown_link', field: 'link', message });

function stands(link: string, verdict: string): Judged {
  const message = `link: "${link}" is ${verdict === 'rejected' ? 'rejected already' : 'not rejected'}; nothing was changed`;
  return { ok: false, status: 409, code: 'no_change', field: 'link', message };
}

/**
 * Links are folded again, as what a rejected value hid may count now; then every payment that holds the evidence, or one
 * of the visitors it joins, is asked to be credited. Connections are locked in the order of their ids, as everywhere.
 *
 * @returns how many payments
 */
async function creditAgain(
  tx: Records,
  site: Site,
  { object, field, value }: Named,
  verdict: 'rejected' | 'reinstated',
  now: number,
): Promise<number> {
  const values = new Set([object, value]);
  if (field === 'identify.app_id' || field === 'identify.email') {
    const kind = field === 'identify.app_id' ? 'app_id' : 'email_hash';
    for (const { visitor } of await tx.identities.visitors(site.id, kind, [value])) values.add(visitor);
  }
  const touched = new Set(await tx.payments.touchedBy(site.id, [...values]));
  for (const mode of ['live', 'test'] as const) {
    const ofCustomer = field === 'customer' ? await tx.payments.ofCustomer(site.id, mode, object) : [];
    for (const id of ofCustomer) touched.add(id);
  }
  const connections = (await tx.connections.ofSite(site.id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const connection of connections) await lockConnection(tx, connection);
  // Asked for before booking asks for some of them: requests are locked in one order, under the connections' locks.
  const reason: RestatementReason = verdict === 'rejected' ? 'link_rejected' : 'link_reinstated';
  if (touched.size > 0) await tx.attributions.request(site.id, [...touched], now, [reason]);
  const carrying = await carriersOf(tx, site.id, [...touched], { object, field, value });
  for (const connection of connections) {
    const charges = carrying.filter((payment) => payment.connection === connection.id).map(({ id }) => id);
    if (charges.length > 0) await bookCharges(tx, { connection, site, now, fetchDelayMs: 0 }, charges);
  }
  return touched.size;
}

/** The payments that hold this very link: of these a value behind it may count now. */
async function carriersOf(tx: Records, site: string, payments: readonly string[], named: Named): Promise<Payment[]> {
  const key = linkKey(named);
  const links = await tx.payments.linksOf(site, payments);
  const carrying = payments.filter((id) => links.get(id)?.some((link) => linkKey(link) === key));
  return tx.payments.getMany(site, carrying);
}
