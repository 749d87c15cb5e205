/**
 * Reads SQL as ClickHouse's lexer would, far enough to tell code from strings, quoted names and comments. Two uses:
 * refusing statements the embedded engine must never see (it has the process's rights over files and network, and
 * `readonly=1` stops neither `INTO OUTFILE` nor the scalar `file()`), and binding parameters.
 */

interface Token {
  kind: 'word' | 'string' | 'name' | 'number' | 'symbol' | 'parameter';
  text: string;
  start: number;
  end: number;
}

const PARAMETER = /\{\s*([A-Za-z_]\w*)\s*:\s*([A-Za-z][\w(), ']*?)\s*\}/y;
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /\d[\w.]*/y;
const SPACE = /(?:[ \t\n\r\f\v]|--[^\n]*|\/\*[\s\S]*?\*\/)+/y;

/** A statement that is refused, or a parameter that can not be bound. `code` and `type` are ClickHouse's own. */
export class SqlRefused extends Error {
  override name = 'SqlRefused';
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

/** Tokens of the statement; an unfinished string or comment is refused, because its end can not be told. */
function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.exec(sql);
  };
  for (let at = 0; at < sql.length;) {
    const space = match(SPACE, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const char = sql[at]!;
    if (char === "'" || char === '"' || char === '`') {
      const end = endOfQuoted(sql, at);
      const text = sql.slice(at + 1, end - 1);
      // "fi\\x6ce" is the name file.
      if (char !== "'" && text.includes('\\'))
        throw new SqlRefused(62, 'SYNTAX_ERROR', 'escapes in quoted names are not accepted');
      tokens.push({ kind: char === "'" ? 'string' : 'name', text, start: at, end });
      at = end;
      continue;
    }
    // Here-documents, and Unicode's quotes and spaces: ClickHouse reads “file” as a quoted name.
    if (char === '$' || char === '#' || char > '~')
      throw new SqlRefused(62, 'SYNTAX_ERROR', `${char} is not accepted outside of strings`);
    const found =
      tokenAt(match(PARAMETER, at), 'parameter') ??
      tokenAt(match(WORD, at), 'word') ??
      tokenAt(match(NUMBER, at), 'number');
    const token = found ?? { kind: 'symbol' as const, text: char, start: at, end: at + 1 };
    if (token.kind === 'symbol' && char === '/' && sql[at + 1] === '*')
      throw new SqlRefused(62, 'SYNTAX_ERROR', 'a comment does not end');
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(found: RegExpExecArray | null, kind: Token['kind']): Token | null {
  return found && { kind, text: found[0], start: found.index, end: found.index + found[0].length };
}

/** Index behind the closing quote; a backslash and a doubled quote escape. */
function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  throw new SqlRefused(62, 'SYNTAX_ERROR', 'a quoted string does not end');
}

/** Statements that are answered; SET, USE and temporary tables would outlive their call in an embedded session. */
const STATEMENTS = new Set(
  'SELECT WITH INSERT CREATE ALTER DROP TRUNCATE OPTIMIZE DELETE UPDATE RENAME SHOW EXISTS DESCRIBE DESC EXPLAIN CHECK'.split(
    ' ',
  ),
);
const READ_STATEMENTS = new Set(['SELECT', 'WITH']);

/** Table functions that only make rows; every other one reads files, other servers or programs. */
const HARMLESS_TABLE_FUNCTIONS = new Set(
  'numbers numbers_mt zeros zeros_mt primes values generateseries generate_series format view null'.split(' '),
);
/** Scalar functions that reach outside or only stall; table functions of the engine are added to them. */
const REFUSED_FUNCTIONS = /^(?:ai\w+|sleep|sleepeachrow|catboostevaluate|filesystem\w+|hascolumnintable|joinget\w*)$/;
const ACCEPTED_ENGINES = /^(?:\w*mergetree|memory|null|materializedview|view)$/;

export interface Statement {
  keyword: string;
  reads: boolean;
}

/**
 * Refuses what must not reach the engine; `sql` is one statement, alone.
 *
 * @param tableFunctions lower-case names of all table functions of the engine
 */
export function inspectStatement(sql: string, tableFunctions: ReadonlySet<string>): Statement {
  const tokens = tokenize(sql);
  const keyword = firstWord(tokens);
  if (!STATEMENTS.has(keyword))
    throw new SqlRefused(48, 'NOT_IMPLEMENTED', `statement ${keyword || '(empty)'} is not accepted`);
  tokens.forEach((token, index) => {
    if (token.kind === 'symbol' && token.text === ';' && index < tokens.length - 1)
      throw new SqlRefused(62, 'SYNTAX_ERROR', 'several statements in one call are not accepted');
    // The embedded engine's default database is an overlay over files: a table's name there is a path.
    if (tokens[index + 1]?.text === '.' && token.text.toLowerCase() === 'default')
      throw new SqlRefused(164, 'READONLY', 'the default database is not accepted: its tables are files');
    if (token.kind !== 'word' && token.kind !== 'name') return;
    const word = token.text.toLowerCase();
    const [before2, before, next] = [tokens[index - 2], tokens[index - 1], tokens[index + 1]].map((near) =>
      near?.text.toLowerCase(),
    );
    if ((word === 'into' && next === 'outfile') || (before === 'from' && word === 'infile'))
      throw new SqlRefused(164, 'READONLY', `${token.text} ${next} is not accepted`);
    if (before === 'create' && word === 'temporary')
      throw new SqlRefused(48, 'NOT_IMPLEMENTED', 'temporary tables are not accepted');
    if (
      next === '(' &&
      (REFUSED_FUNCTIONS.test(word) || (tableFunctions.has(word) && !HARMLESS_TABLE_FUNCTIONS.has(word)))
    )
      throw new SqlRefused(164, 'READONLY', `${token.text}() is not accepted: it reaches outside the facts store`);
    if (
      keyword === 'CREATE' &&
      (before === 'engine' || (before === '=' && before2 === 'engine')) &&
      !ACCEPTED_ENGINES.test(word)
    )
      throw new SqlRefused(164, 'READONLY', `engine ${token.text} is not accepted: it reaches outside the facts store`);
  });
  return { keyword, reads: READ_STATEMENTS.has(keyword) };
}

function firstWord(tokens: Token[]): string {
  const first = tokens.find((token) => !(token.kind === 'symbol' && token.text === '('));
  return first?.kind === 'word' ? first.text.toUpperCase() : '';
}

/**
 * Replaces `{name:Type}` by a literal of that type. Values enter as hexadecimal string literals, which have nothing to
 * escape from. Done here and not by chdb, because it runs bound queries one after the other across all its sessions:
 * one slow report would hold up every look-up behind it.
 *
 * @param parameters values as the HTTP protocol carries them: escaped as in TabSeparated
 */
export function bindParameters(sql: string, parameters: ReadonlyMap<string, string>): string {
  if (!sql.includes('{')) return sql;
  let bound = '';
  let from = 0;
  for (const token of tokenize(sql)) {
    if (token.kind !== 'parameter') continue;
    PARAMETER.lastIndex = token.start;
    const [, name, type] = PARAMETER.exec(sql)!;
    const value = parameters.get(name!);
    if (value === undefined)
      throw new SqlRefused(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`);
    bound += sql.slice(from, token.start) + literal(value, type!);
    from = token.end;
  }
  return bound + sql.slice(from);
}

function literal(value: string, type: string): string {
  if (/^Identifier$/i.test(type)) throw new SqlRefused(48, 'NOT_IMPLEMENTED', 'Identifier parameters are not accepted');
  const textual = /^(?:Nullable\(|LowCardinality\()*(?:Fixed)?String/.test(type);
  if (type.includes('Nullable(') && value === '\\N') return 'NULL';
  const text = textual ? unescape(value) : value;
  return type === 'String' ? hex(text) : `_CAST(${hex(text)}, ${hex(type)})`;
}

function hex(text: string): string {
  return `x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

const ESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', 0: '\0', b: '\b', f: '\f' };
function unescape(value: string): string {
  return value.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
}
