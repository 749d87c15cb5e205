import type { SimulatedAccount } from './account.ts';
import { missing, parameterUnknown } from './errors.ts';
import { type Form, textOf } from './form.ts';
import { integer } from './parameters.ts';
import { listOf } from './render-billing.ts';
import type { Rendered } from './render.ts';
import { limitTooLarge, type Resource } from './resources.ts';
import type { Row } from './rows.ts';
import type { ApiVersion } from './versions.ts';

/** Lists: newest first, at most a hundred at a time, filtered, from a cursor on. */

const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 10;
const COMMON = ['limit', 'starting_after', 'ending_before', 'expand'];

export function listPage(account: SimulatedAccount, of: Resource, query: Form, version: ApiVersion): object {
  const unknown = Object.keys(query).find((name) => !COMMON.includes(name) && !of.parameters.includes(name));
  if (unknown !== undefined) throw parameterUnknown(unknown);
  const { state, engine, webhooks } = account;
  const tests = of.filters(query, { state, now: engine.now, delivered: webhooks.delivered }) as ((
    row: Row,
  ) => boolean)[];
  const rows = (state.list(of.kind) as readonly Row[]).filter((row) => tests.every((test) => test(row)));
  // Events are shown as they were rendered when they happened, whatever version the request names.
  const show = (row: Row): Rendered => ({ ...account.render(row, row.object === 'event' ? row.version : version) });
  return pageOf(rows, query, { noun: of.noun, url: `/v1/${of.path}`, show });
}

interface Paging<T> {
  noun: string;
  url: string;
  show(item: T): unknown;
}

/** One page of what is there, by `limit` and the cursors. */
export function pageOf<T extends { id: string }>(
  all: readonly T[],
  query: Form,
  { noun, url, show }: Paging<T>,
): object {
  const limit = integer(query, 'limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) throw limitTooLarge(MAX_LIMIT);
  const after = textOf(query.starting_after);
  const before = textOf(query.ending_before);
  const cursor = after ?? before;
  const position = cursor === null ? -1 : all.findIndex((item) => item.id === cursor);
  if (cursor !== null && position < 0) {
    throw missing(noun, cursor, after === null ? 'ending_before' : 'starting_after');
  }
  const forward = before === null || after !== null;
  const start = forward ? position + 1 : Math.max(0, position - limit);
  const end = forward ? start + limit : position;
  return { ...listOf(all.slice(start, end).map(show), url), has_more: forward ? end < all.length : start > 0 };
}

export function single(account: SimulatedAccount, of: Resource, id: string): Row {
  const row = account.state.get(of.kind, id);
  const isGone = row?.object === 'event' && row.created <= account.engine.now() - 30 * 86_400;
  if (!row || isGone) throw missing(of.noun, id);
  return row;
}
