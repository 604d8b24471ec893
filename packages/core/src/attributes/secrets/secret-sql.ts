import type { Assignments } from './secret-assignments.js';
import type { Places } from './token-finder.js';
import type { Work } from './work.js';

/**
 * The parts before and after the columns of INSERT and REPLACE
 * (https://www.postgresql.org/docs/current/sql-insert.html), also in MERGE.
 */
const INSERT = /\b(?:insert|into)\b[^()]{0,128}$/i;
const VALUES = /\)[^('"]{0,128}?\b(values|select)\b/iy;
/** The operator after a list of columns: `(a, password) = ('a', 'x')`, `(a, password) in (('a', 'x'))`. */
const COMPARED =
  /\)[\s+]{0,8}(?:=|<>|!=|[<>]=?|is[\s+]+(?:not[\s+]+)?distinct[\s+]+from|(?:not[\s+]+)?in[\s+]{0,8}\()(?=[\s+]{0,8}(?:row[\s+]{0,8})?\()/iy;
const MAX_COLUMNS_LENGTH = 4096;
/** A comment, a literal, a bracket, a comma, or any other text without blanks. */
const SQL_PART =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[nebx]?'(?:[^']|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|"(?:[^"\\]|\\.)*(?:"|$)|[(),;]|[^\s(),;'"]+/iy;
const SQL_BLANKS = /[\s+]*/y;
const PLACEHOLDER = /^(?:\?\d*|\$\d+|:\w+|@p\d+|null|default)$/i;

/** Adds the literals that belong to secret columns in the list between the brackets `open` and `close`. */
export function findInColumns(
  text: string,
  open: number,
  close: number,
  assignments: Assignments,
  places: Places,
): void {
  const { work } = assignments;
  work.left -= 16;
  if (close - open > MAX_COLUMNS_LENGTH) return;
  VALUES.lastIndex = close;
  const values = VALUES.exec(text);
  COMPARED.lastIndex = close;
  let from: number;
  if (values !== null && INSERT.test(text.slice(Math.max(0, open - 140), open))) from = VALUES.lastIndex;
  else if (COMPARED.test(text)) from = COMPARED.lastIndex;
  else return;
  work.left -= close - open;
  const columns = text.slice(open + 1, close).split(',');
  const secret = columns.map((column) => assignments.isSecret(column));
  const isSelect = from === VALUES.lastIndex && /^select$/i.test(values?.[1] ?? '');
  if (secret.includes(true)) findInserted(text, from, isSelect ? 1 : 0, secret, work, places);
}

/** Adds the literals that belong to secret columns: `… VALUES ('a', 'x'), ('b', 'y')`. */
function findInserted(
  text: string,
  from: number,
  depthBefore: number,
  secret: readonly boolean[],
  work: Work,
  places: Places,
): void {
  let depth = depthBefore;
  let column = 0;
  let at = from;
  while (at < text.length && work.left > 0) {
    SQL_BLANKS.lastIndex = at;
    SQL_BLANKS.test(text);
    SQL_PART.lastIndex = SQL_BLANKS.lastIndex;
    const part = SQL_PART.exec(text);
    if (part === null) return;
    work.left -= 8 + SQL_PART.lastIndex - at;
    at = SQL_PART.lastIndex;
    const [first] = part[0];
    if (/^(?:--|\/\*)/.test(part[0])) continue;
    if (first === '(') {
      if (depth++ === 0) column = 0;
    } else if (first === ')') {
      if (--depth < 0) return;
    } else if (first === ';') return;
    else if (first === ',') column += depth === 1 ? 1 : 0;
    else if (depth === 0 && /^(?:on|returning|as|from|where|and|or)$/i.test(part[0])) return;
    else if (depth > 0 && secret[column] === true && !PLACEHOLDER.test(part[0]))
      pushLiteral(part[0], part.index, places);
  }
}

/** Adds a literal without its quotes. */
function pushLiteral(literal: string, at: number, places: Places): void {
  const quote = literal.search(/['"]/);
  const end = at + literal.length;
  if (quote === -1) places.push(at, end);
  else places.push(at + quote + 1, literal.endsWith(literal[quote]!) && literal.length > quote + 1 ? end - 1 : end);
}
