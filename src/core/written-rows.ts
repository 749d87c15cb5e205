/** Rows of one table of the facts store as it takes them in: a line of JSON each, its cells in the order of the columns. */
export interface WrittenRows {
  table: string;
  columns: readonly string[];
  lines: readonly string[];
}

/** The same as they are kept and carried: the lines in one text, which nobody has to take apart again. */
export interface WrittenText extends Omit<WrittenRows, 'lines'> {
  text: string;
}

export function textOf({ lines, ...rows }: WrittenRows): WrittenText {
  return { ...rows, text: lines.join('\n') };
}
