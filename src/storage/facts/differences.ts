import { rowText } from './client.ts';
import type { FactsClient } from './client.ts';
import type { Facts } from './facts.ts';

/** What the rows of a table belong to. */
const KEYS: Readonly<Record<string, string>> = {
  credits: 'payment_id',
  payment_paths: 'payment_id',
  subscription_movements: 'subscription',
  spend: 'day',
};

/** Rows are told apart by all of their cells, so that a doubled or an altered one is found as well as a missing one. */
export function createDifferences(client: FactsClient): Facts['differences'] {
  return async ({ table, columns, lines }, site, keys) => {
    const cells = columns.filter((column) => column !== 'sign');
    const key = KEYS[table];
    if (key === undefined) throw new Error(`the facts store compares no rows of ${table}`);
    /** A row without its sign, and how often it must be appended: below 0 it is taken back. */
    const owing = new Map<string, { row: readonly unknown[]; times: number }>();
    const owe = (row: readonly unknown[], times: number) => {
      // A field that a stored row does not have is inserted as null, which becomes the column's default.
      const text = JSON.stringify(row.map((cell) => cell ?? ''));
      const known = owing.get(text) ?? { row, times: 0 };
      owing.set(text, { row, times: known.times + times });
    };
    for (const line of lines) {
      const row = JSON.parse(line) as unknown[];
      owe(row.slice(0, -1), Number(row.at(-1)));
    }
    const sql = `
      SELECT ${cells.join(', ')}, sum(sign) AS standing FROM ${table}
      WHERE site = {site:String} AND toString(${key}) IN {keys:Array(String)}
      GROUP BY ${cells.join(', ')} HAVING standing != 0`;
    await client.readParts<unknown[]>(sql, { site, keys }, (rows) => {
      for (const row of rows) owe(row.slice(0, -1), -Number(row.at(-1)));
    });
    const found = new Map<string, string[]>();
    for (const { row, times } of owing.values()) {
      if (times === 0) continue;
      const of = String(row[cells.indexOf(key)]);
      const appended = Array.from({ length: Math.abs(times) }, () => rowText([...row, Math.sign(times)]));
      found.set(of, [...(found.get(of) ?? []), ...appended]);
    }
    return found;
  };
}
