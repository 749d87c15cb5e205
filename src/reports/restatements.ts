import type { Mode } from '../core/payment.ts';
import type { RestatementReason } from '../core/restatement.ts';
import type { Connected } from '../payments/explain.ts';
import { BadCursor } from '../storage/records/records.ts';
import type { Records } from '../storage/records/records.ts';
import type { RestatementRow } from '../storage/records/records-identity.ts';

interface Question {
  mode: Mode | null;
  payment: string | null;
  reason: RestatementReason | null;
  minAgeMs: number | null;
  limit: number;
  cursor: string | null;
}

const iso = (timeMs: number) => new Date(timeMs).toISOString();

/** What crediting again has changed, in the shape of http/contract-identity.ts. Of one payment, whatever its mode. */
export function createRestatementReports(deps: {
  records: Pick<Records, 'restatements'>;
  defaultMode: (site: string) => Promise<Mode>;
}) {
  return async (site: { id: string }, { mode, payment, reason, minAgeMs, limit, cursor }: Question) => {
    const asked = mode ?? (payment === null ? await deps.defaultMode(site.id) : undefined);
    const narrowed = { payment: payment ?? undefined, reason: reason ?? undefined, minAgeMs: minAgeMs ?? undefined };
    try {
      const { restatements, next } = await deps.records.restatements.list(site.id, {
        mode: asked,
        limit,
        cursor,
        ...narrowed,
      });
      return { ok: true as const, value: { restatements: restatements.map(answerOf), next } };
    } catch (error) {
      if (!(error instanceof BadCursor)) throw error;
      const message = 'cursor: is not one this server gave; leave it out to begin with the newest';
      return { ok: false as const, code: 'bad_cursor', field: 'cursor', message };
    }
  };
}

function answerOf({ id, at, payment, reasons, visitor, unattributed, visitors, changes }: RestatementRow) {
  const pair = <T>([from, to]: readonly [T, T]) => ({ from, to });
  return {
    id,
    at: iso(at),
    payment,
    reasons,
    visitor_id: pair(visitor),
    unattributed: pair(unattributed),
    visitors: pair(visitors),
    changes: changes.map(({ source, currency, models }) => ({
      source,
      currency,
      credits: Object.fromEntries(Object.entries(models).map(([model, amounts]) => [model, pair(amounts)])),
    })),
  };
}

/** Which visitors make a payment's path, in the shape of http/contract-identity.ts. */
export function identityAnswerOf(
  { payment, links, visitors, evidence, verdicts }: Connected,
  linkId: (link: { object: string; field: string; value: string }) => string,
) {
  const { usedLink, visitor } = payment.attribution;
  const rejectedOf = (id: string) => {
    const latest = verdicts.get(id)?.at(-1);
    return latest?.verdict === 'rejected' ? { at: iso(latest.at), by: latest.by, why: latest.why } : null;
  };
  const used = usedLink && linkId(usedLink);
  const ofPayment = new Set(links.map(linkId));
  return {
    links: links.map(({ object, field, value, claim, seenAt }) => {
      const id = linkId({ object, field, value });
      return { id, object, field, value, claim, seen_at: iso(seenAt), used: id === used, rejected: rejectedOf(id) };
    }),
    visitors: visitors.map(({ visitor: one, joinedBy }) => ({
      visitor_id: one,
      own: one === visitor,
      joined_by: joinedBy.map((it) => ({
        id: linkId(it),
        by: it.by,
        object: it.object,
        field: it.field,
        value: it.value,
        seen_at: iso(it.seenAt),
        with: it.with,
      })),
    })),
    rejected: evidence.flatMap(({ object, field, value }) => {
      const id = linkId({ object, field, value });
      const said = rejectedOf(id);
      return said === null || ofPayment.has(id) ? [] : [{ id, object, field, value, ...said }];
    }),
    verdicts: [...verdicts.values()]
      .flat()
      .toSorted((a, b) => a.at - b.at)
      .map(({ link, verdict, at, by, why }) => ({ link, verdict, at: iso(at), by, why })),
  };
}
