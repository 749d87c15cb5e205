import { SpendRefused } from './refused.ts';

/** A record of a file, and the line it begins on, counted from 1 as editors do. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

const COLUMNS_MAX = 500;
const CELL_MAX = 10_000;

/**
 * Reads RFC 4180, with any delimiter and any line ending. A quote inside a cell that did not begin with one is a letter
 * like others: preambles have them. Records without anything in them are left out.
 *
 * @throws SpendRefused when a quote is not closed: everything after it would be one cell
 */
export function* readCsv(text: string, delimiter: string): Generator<CsvRecord> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const record: CsvRecord = { line, cells: [] };
    for (;;) {
      const cell = text[at] === '"' ? quotedCell(text, at, delimiter, record.line) : plainCell(text, at, delimiter);
      line += cell.lines;
      at = cell.end;
      if (cell.value.length > CELL_MAX) {
        throw new SpendRefused('file', `line ${record.line}: a cell is longer than ${CELL_MAX} characters`);
      }
      record.cells.push(cell.value);
      if (record.cells.length > COLUMNS_MAX) {
        throw new SpendRefused('file', `line ${record.line}: more than ${COLUMNS_MAX} columns`);
      }
      if (text[at] !== delimiter) break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (record.cells.some((cell) => cell.trim() !== '')) yield record;
  }
}

interface Cell {
  value: string;
  end: number;
  /** How many lines begin inside it. */
  lines: number;
}

function plainCell(text: string, start: number, delimiter: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end, lines: 0 };
}

function quotedCell(text: string, start: number, delimiter: string, line: number): Cell {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw new SpendRefused('file', `line ${line}: a quote (") is opened and never closed`);
    value += text.slice(from, quote);
    from = quote + 1;
    if (text[from] !== '"') break;
    value += '"';
    from += 1;
  }
  const rest = plainCell(text, from, delimiter);
  return { value: value + rest.value.trimEnd(), end: rest.end, lines: value.match(/\r\n|\n|\r/g)?.length ?? 0 };
}
