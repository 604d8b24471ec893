/** The relation of a value to its name, which decides the end of the value. */
export type Manner =
  /** `name=value` */
  | 'joined'
  /** `name = value`, `--name value` */
  | 'spaced'
  /** `name:value` */
  | 'colon'
  /** `name: value` */
  | 'field'
  /** `Cookie: value`: the value is the rest of the line. */
  | 'header'
  /** `Authorization=Custom value` */
  | 'credentials'
  /** After a comparison, or a word such as `like`: only a value in quotes or brackets counts. */
  | 'literal';

/** The place of the value that was found last. */
export let valueStart = 0;
export let valueEnd = 0;

const BLANKS = /[\s\u00a0+]*/y;
const BLANKS_IN_LINE = /[ \t\u00a0+]*/y;
/**
 * The opening quote of a value, with prefixes such as `N'…'`, `E'…'`, `U&'…'`, `b"…"`, `_utf8mb4'…'` and `$'…'`. In
 * escaped JSON the quote has backslashes before it.
 */
const QUOTE = /(?:(?:[nebxurf]|br|rb|u&|_utf8(?:mb[34])?|\$)(?=\\{0,7}["'`][^\s,;:&)}\]"'`]))?(\\{0,7})(["'`])/iy;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_]\w{0,63})?\$/y;
const YAML_BLOCK = /[|>][+-]?\d?[ \t+]*\r?\n(?:[ \t+]+[^\r\n]*(?:\r?\n|$))+/y;
/** A call with a quoted argument: `f('…'`, `new String("…"`, `any(array['…'`. */
const CALL = /(?:new[\s+]{1,8})?[A-Za-z_][\w.]{0,63}\((?=[\s+]{0,8}(?:[\w.]{0,63}[([][\s+]{0,8})?\\{0,7}["'])/y;
/**
 * The text of `util.inspect` before an object or a list: `<ref *1>`, `Secret`, `[Object: null prototype]`, `Map(1)`.
 */
const CLASS =
  /(?:<ref[ +]\*\d{1,4}>[ +])?(?:\[[\w: +]{1,64}\][ +]|[A-Za-z_$][\w$]{0,63}(?:\(\d{1,9}\))?[ +])?(?=[{[])/y;
/** The operator between the parts of a value: `'a' || 'b'`, `"a" + "b"`. */
const JOINT = /[\s+]*(?:\|\||\+)[\s+]*(?=\\{0,7}["'])/y;
const YAML_TAG = /(?:![\w!]{0,64}|&\w{1,64})[ \t+]+/y;
const NEXT_LINE = /\r?\n[ \t+]+(?=[^\s"'`&;<>\\|]+[ \t+]*(?:\r?\n|$))(?![^\s]*:[ \t]*(?:\r?\n|$))/y;
const ANGLES = /<[^<>\s]{1,256}>/y;
/** The value of `Authorization=Custom x`, up to the next parameter. */
const CREDENTIALS = /[^\r\n&"'<>]+/y;
const JOINED = /(?:[^\s&;"'<>\\|]|\\(?!["'`nrtu\\]|$))+/y;
const LOOSE = /(?:[^\s&;"'`<>\\|]|\\(?!["'`nrtu\\]|$))+/y;
const HEADER_LINE = /[^\r\n]+/y;
/** Schemes of the header Authorization, which are followed by the credentials. */
const SCHEME =
  /^(?:bearer|basic|digest|token|apikey|api-key|negotiate|ntlm|dpop|hawk|hoba|mutual|signature|ssws|sharedkey|aws4-hmac-sha256)$/i;
/** A placeholder in a statement: `?`, `$1`, `:name`, `@p1`, `%s`. */
const PLACEHOLDER = /^(?:\?\d*|\$\d+|:[a-z_]\w*|@p\d+|%s|%\(\w+\)s)[,;)]*$/i;
/**
 * Words after the name of a password that are not its value: words of validation messages and logs, types of TypeScript
 * and JSON Schema, and words for no value. Any other word counts as the value.
 */
// biome-ignore format: a list of words
const ORDINARY_WORD = new RegExp(`^(?:${[
  'must', 'should', 'shall', 'may', 'might', 'can', 'cannot', "can't", 'could', 'does', "doesn't", 'do', 'did',
  "didn't", 'has', 'have', 'had', 'is', "isn't", 'are', 'was', 'were', 'will', 'would', 'be', 'been', 'needs', 'need',
  'the', 'a', 'an', 'this', 'that', 'your', 'it', 'its', 'at', 'in', 'of', 'for', 'to', 'by', 'on', 'with', 'without',
  'and', 'or', 'no', 'not', 'too', 'expected', 'received', 'got', 'required', 'invalid', 'missing', 'expired',
  'revoked', 'rejected', 'mismatch', 'incorrect', 'wrong', 'empty', 'unknown', 'unset', 'unauthorized', 'forbidden',
  'denied', 'failed', 'malformed', 'unexpected', 'unsupported', 'optional', 'minimum', 'maximum', 'contains', 'value',
  'length', 'valid', 'verified', 'verification', 'updated', 'created', 'deleted', 'refreshed', 'undefined', 'null',
  'none', 'nil', 'true', 'false', 'string', 'number', 'boolean', 'bigint', 'symbol', 'object', 'any', 'never', 'void',
  'integer', 'text', 'varchar', 'uuid',
].join('|')})(?:\\|(?:undefined|null))?[,.:;)\\]}]*$`, 'i');

/** Punctuation at the end of a sentence, or a placeholder in a statement. */
const NO_VALUE = /^(?:\?|[,.;:)\]}]+)$/;
/** A qualified column of a table: `on a.session_id = b.session_id`. */
const COLUMN = /^[a-z_]\w*(?:\.[a-z_]\w*)+[,;)]*$/i;
/** A line and column of a source file, or a port, after a text that only resembles a secret name. */
const LOCATION = /^\d{1,7}(?:(?::\d{1,7})*\)?[,.:]?|[/?#].*)$/;
const PUNCTUATION = /[,)\]}]+$/;
const BRACKET_PART = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[[\](){}]/gs;

/**
 * Finds the value that begins at `at`, or after blanks there, and sets `valueStart` and `valueEnd`. Returns whether
 * there is one.
 *
 * @param isQualified whether the name has a part before it, as names of files, hosts and columns have
 */
export function findValue(text: string, at: number, manner: Manner, isQualified = false): boolean {
  const start = after(BLANKS, text, at);
  if (start >= text.length) return false;
  if (findQuotedParts(text, start) || findBracketed(text, start, manner)) return true;
  if (manner === 'literal') return false;
  const inLine = manner === 'joined' ? at : after(BLANKS_IN_LINE, text, at);
  if (manner === 'field' || manner === 'header') {
    const block = after(YAML_BLOCK, text, inLine);
    if (block > inLine) return found(text.indexOf('\n', inLine) + 1, block);
  }
  if (manner === 'field') {
    const tagged = after(YAML_TAG, text, inLine);
    if (tagged > inLine) return findValue(text, tagged, 'field');
    const next = after(NEXT_LINE, text, inLine);
    if (next > inLine) return found(next, after(LOOSE, text, next));
  }
  if (text[inLine] === '<') return found(inLine, after(ANGLES, text, inLine));
  if (manner === 'credentials') return found(inLine, after(CREDENTIALS, text, inLine));
  if (manner === 'header') return found(inLine, after(HEADER_LINE, text, inLine));
  const end = after(manner === 'joined' ? JOINED : LOOSE, text, inLine);
  if (end === inLine) return false;
  const value = text.slice(inLine, end);
  if (manner === 'joined') return NO_VALUE.test(value) ? false : found(inLine, end);
  if (PLACEHOLDER.test(value) || (manner === 'spaced' && isQualified && COLUMN.test(value))) return false;
  if (manner === 'colon' && isQualified && LOCATION.test(value)) return false;
  if (manner !== 'spaced' && ORDINARY_WORD.test(value)) return false;
  if (SCHEME.test(value)) return found(inLine, after(HEADER_LINE, text, inLine));
  const stripped = value.replace(PUNCTUATION, '');
  return found(inLine, inLine + stripped.length);
}

function found(start: number, end: number): boolean {
  if (end <= start) return false;
  valueStart = start;
  valueEnd = end;
  return true;
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/**
 * Finds a quoted value: with `"`, `'` or `` ` ``, with `"""` or `$tag$`, escaped as in JSON within JSON, doubled as in
 * CSV. A quote inside it has one more backslash than the quotes around it, or is doubled as in SQL.
 */
function findQuoted(text: string, at: number): boolean {
  DOLLAR_QUOTE.lastIndex = at;
  const dollars = DOLLAR_QUOTE.exec(text);
  if (dollars !== null) {
    const close = text.indexOf(dollars[0], DOLLAR_QUOTE.lastIndex);
    return found(DOLLAR_QUOTE.lastIndex, close === -1 ? text.length : close);
  }
  QUOTE.lastIndex = at;
  const opening = QUOTE.exec(text);
  if (opening === null) return false;
  const backslashes = opening[1]!.length;
  const quote = opening[2]!;
  let start = QUOTE.lastIndex;
  const repeated = quote.repeat(3);
  if (backslashes === 0 && text.startsWith(repeated, start - 1)) {
    const close = text.indexOf(repeated, start + 2);
    return found(start + 2, close === -1 ? text.length : close);
  }
  if (backslashes === 0 && text[start] === quote && isWordAt(text, start + 1)) {
    start++;
    const close = text.indexOf(quote + quote, start);
    return found(start, close === -1 ? text.length : close);
  }
  for (let index = text.indexOf(quote, start); index !== -1; index = text.indexOf(quote, index + 1)) {
    let before = 0;
    while (index - before > start && text[index - before - 1] === '\\') before++;
    if (backslashes === 0 ? before % 2 === 1 : before > backslashes) continue;
    if (backslashes === 0 && text[index + 1] === quote) {
      index++;
      continue;
    }
    return found(start, index - Math.min(before, backslashes));
  }
  return found(start, text.length);
}

function isWordAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Finds a quoted value and the quoted values that are joined to it. */
function findQuotedParts(text: string, at: number): boolean {
  if (!findQuoted(text, at)) return false;
  const start = valueStart;
  for (let joint = valueEnd + 1; ; joint = valueEnd + 1) {
    const end = valueEnd;
    const next = after(JOINT, text, joint);
    if (next === joint || !findQuoted(text, next)) return found(start, end);
  }
}

/** Finds a list or an object, or a call with its arguments. */
function findBracketed(text: string, at: number, manner: Manner): boolean {
  if (manner !== 'joined') {
    const object = after(CLASS, text, at);
    if (object > at) return found(at, endOfBrackets(text, object));
  }
  const first = text[at]!;
  if (first === '[' || first === '{' || (first === '(' && manner !== 'field'))
    return found(at, endOfBrackets(text, at));
  const call = after(CALL, text, at);
  return call > at && found(at, endOfBrackets(text, call - 1));
}

/** Returns the end of the list or object that begins at `start`; the end of the text if it was cut. */
function endOfBrackets(text: string, start: number): number {
  let depth = 0;
  BRACKET_PART.lastIndex = start;
  for (let part = BRACKET_PART.exec(text); part !== null; part = BRACKET_PART.exec(text)) {
    const first = part[0];
    if (first === '[' || first === '{' || first === '(') depth++;
    else if (first === ']' || first === '}' || first === ')') depth--;
    if (depth === 0) return BRACKET_PART.lastIndex;
  }
  return text.length;
}
