import { chunksOf } from '../core/chunks.ts';
import { dayAt } from '../core/report-days.ts';
import type { SpendLine, SpendPlatform } from '../core/spend.ts';
import type { Records, Site } from '../storage/records/records.ts';
import type { SpendSummary } from '../storage/records/records-spend.ts';
import { identify } from './identify.ts';
import type { IdentifiedLine } from './identify.ts';
import type { SpendFileOptions } from './options.ts';
import { readSpendFile } from './read-file.ts';
import type { ReadSpend } from './read-file.ts';
import type { NamedLine } from './read-line.ts';
import { cleanText } from './read-line.ts';
import { readSpendRows } from './read-rows.ts';
import type { SpendRowInput } from './read-rows.ts';
import { SpendRefused } from './refused.ts';
import { settleImport } from './settle.ts';

/** Kind of the job that settles an import, wherever the process that began it got to. */
export const SPEND_JOB = 'spend';

const LINES_TOGETHER = 1_000;
/** An import that stopped this long ago never finishes. */
const STAGING_MAX_MS = 3_600_000;
/** So many lines are named; the rest are counted. */
const NAMED_MAX = 1_000;
const NAMED_IN_ERROR = 10;

export type SpendInput = { name: string } & (
  { kind: 'file'; bytes: Uint8Array; options: SpendFileOptions } | { kind: 'rows'; rows: readonly SpendRowInput[] }
);

export interface ImportSwitches {
  /** Says what would be imported, and imports nothing. */
  preview: boolean;
  /** Imports the good lines of an input that has bad ones. */
  partial: boolean;
}

/** The answer of POST sites/:id/spend (http/contract.ts, spendImportAnswer). */
export interface SpendImported extends Omit<SpendSummary, 'rejected'> {
  state: 'previewed' | 'imported' | 'unchanged';
  /** The import, to undo it by; null: none was made. */
  import: string | null;
  platform: SpendPlatform;
  days: number;
  read: number;
  new: number;
  changed: number;
  unchanged: number;
  encoding: string | null;
  columns: Record<string, string>;
  rejected: { count: number; lines: NamedLine[] };
  left_out: { count: number; lines: NamedLine[] };
}

type Deps = {
  records: Pick<Records, 'transaction' | 'spend' | 'sites' | 'outbox'>;
  now: () => number;
  wake?: () => void;
};

/** @throws SpendRefused: nothing was stored */
export async function importSpend(
  { records, now, wake }: Deps,
  site: Site,
  input: SpendInput,
  { preview, partial }: ImportSwitches,
): Promise<SpendImported> {
  const today = dayAt(now(), site.timezone);
  const read =
    input.kind === 'file' ? await readSpendFile(input.bytes, input.options, today) : readSpendRows(input.rows, today);
  const known = await records.spend.identities(site.id, read.platform);
  const found = identify(read.platform, read.lines, known);
  const rejected = [...read.rejected, ...found.rejected].toSorted((a, b) => a.line - b.line);
  if (rejected.length > 0 && !preview && !partial) throw badLines(rejected, read.read);
  if (found.lines.length === 0 && !preview) throw new SpendRefused('file', 'there is no line of spend in it');
  const counts = await compare(records, site.id, found.lines);
  const summary = summaryOf(found.lines, rejected.length);
  const answer: SpendImported = {
    ...asAnswer(read, summary),
    ...counts,
    rejected: named(rejected),
    state: 'previewed',
    import: null,
  };
  if (preview) return answer;
  if (counts.new + counts.changed === 0) return { ...answer, state: 'unchanged' };
  const id = await store({ records, now }, site, { name: cleanText(input.name), read, lines: found.lines, summary });
  wake?.();
  return { ...answer, state: 'imported', import: id };
}

function badLines(rejected: readonly NamedLine[], read: number): SpendRefused {
  const lines = rejected.slice(0, NAMED_IN_ERROR).map(({ line, reason }) => `line ${line}: ${reason}`);
  const more = rejected.length > NAMED_IN_ERROR ? `; and ${rejected.length - NAMED_IN_ERROR} more` : '';
  const message =
    `${rejected.length} of ${read} lines cannot be read, and nothing was imported. ${lines.join('; ')}${more}. ` +
    'To import the others, say partial; to see all of them, preview';
  return new SpendRefused('file', message);
}

/**
 * Lines first, which count for nothing while the import is staging; then, in one transaction, the import is done and a job
 * settles it. It is settled at once too: whoever is first leaves the other nothing to do.
 */
async function store(
  { records, now }: Deps,
  site: Site,
  {
    name,
    read,
    lines,
    summary,
  }: { name: string; read: ReadSpend; lines: readonly IdentifiedLine[]; summary: SpendSummary },
): Promise<string> {
  await records.spend.dropStaging(site.id, now() - STAGING_MAX_MS);
  const row = { site: site.id, name: name || 'spend', platform: read.platform, summary };
  const { id, seq } = await records.spend.addImport(row, now());
  for (const part of chunksOf(lines, LINES_TOGETHER)) {
    const rows = part.map(({ key, spend }) => ({ day: spend.day, key, line: spend }));
    await records.transaction((tx) => tx.spend.addLines(site.id, seq, rows));
  }
  await records.transaction(async (tx) => {
    if (!(await tx.spend.moveImport(site.id, id, 'staging', 'done'))) throw new Error('the import is gone; try again');
    await tx.jobs.add(SPEND_JOB, { site: site.id, import: seq }, now());
  });
  await settleImport(records, { site: site.id, seq });
  return id;
}

/** @returns false when there is no such import, or it was undone before */
export async function undoSpend({ records, now, wake }: Deps, site: string, id: string): Promise<boolean> {
  const found = await records.spend.getImport(site, id);
  if (!found) return false;
  const isUndone = await records.transaction(async (tx) => {
    if (!(await tx.spend.moveImport(site, id, 'done', 'undone'))) return false;
    await tx.jobs.add(SPEND_JOB, { site, import: found.seq }, now());
    return true;
  });
  if (!isUndone) return false;
  await settleImport(records, { site, seq: found.seq });
  wake?.();
  return true;
}

/**
 * How many lines are new, are otherwise now, and are as they were. A campaign's day is told whole: when one of its currencies
 * comes or goes, all of its lines are otherwise.
 */
async function compare(
  records: Pick<Records, 'spend'>,
  site: string,
  lines: readonly IdentifiedLine[],
): Promise<{ new: number; changed: number; unchanged: number }> {
  const counts = { new: 0, changed: 0, unchanged: 0 };
  // In the order of the index: neighbours are read together.
  const ordered = lines.toSorted((a, b) => (a.spend.day < b.spend.day ? -1 : a.spend.day > b.spend.day ? 1 : 0));
  const told = [...Map.groupBy(ordered, ({ key, spend }) => `${spend.day} ${key}`).values()];
  for (const part of chunksOf(told, LINES_TOGETHER)) {
    const places = part.map(([one]) => ({ day: one!.spend.day, key: one!.key }));
    const standing = Map.groupBy(await records.spend.winners(site, places), ({ day, key }) => `${day} ${key}`);
    for (const [index, lines] of part.entries()) {
      const { day, key } = places[index]!;
      const before = (standing.get(`${day} ${key}`) ?? []).map(({ line }) => line);
      const isSame =
        before.length === lines.length && lines.every(({ spend }) => before.some((line) => isAlike(line, spend)));
      counts[before.length === 0 ? 'new' : isSame ? 'unchanged' : 'changed'] += lines.length;
    }
  }
  return counts;
}

function isAlike(a: SpendLine, b: SpendLine): boolean {
  return (Object.keys(b) as (keyof SpendLine)[]).every((name) => a[name] === b[name]);
}

function summaryOf(lines: readonly IdentifiedLine[], rejected: number): SpendSummary {
  const days = lines.map(({ spend }) => spend.day).sort();
  const totals = new Map<string, number>();
  for (const { spend } of lines) totals.set(spend.currency, (totals.get(spend.currency) ?? 0) + spend.amountMinor);
  return {
    from: days[0] ?? '',
    to: days.at(-1) ?? '',
    lines: lines.length,
    campaigns: new Set(lines.map(({ key }) => key)).size,
    rejected,
    totals: [...totals]
      .map(([currency, amount]) => ({ currency, amount }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  };
}

function asAnswer(read: ReadSpend, { from, to, lines, campaigns, totals }: SpendSummary) {
  return {
    platform: read.platform,
    from,
    to,
    lines,
    campaigns,
    totals,
    days: new Set(read.lines.map(({ spend }) => spend.day)).size,
    read: read.read,
    encoding: read.encoding === '' ? null : read.encoding,
    columns: read.columns as Record<string, string>,
    left_out: named(read.leftOut),
  };
}

const named = (lines: readonly NamedLine[]) => ({ count: lines.length, lines: lines.slice(0, NAMED_MAX) });
