import { type Assignments, isBlank, startOfName } from './secret-assignments.js';
import type { Places } from './token-finder.js';

/** Words between a name and its value: `password like 'x'`, `the password is "x"`, `identified by 'x'`. */
const WORD_OPERATOR =
  /["'`\])\\]{0,9}[\s+]{0,16}(?<=[\s+"'`\])])((?:not[\s+]+)?(?:i?like|rlike|regexp|in|between)|is(?:[\s+]+not)?(?:[\s+]+distinct[\s+]+from)?|was|equals|by|to|as)(?=[\s+("'])/iy;
const MAY_BE_PROSE = /^(?:is|was|to)$/i;
/** An unquoted value after `is` in prose: a password mostly has a digit. */
const UNQUOTED_SECRET = /[\s+]{1,16}(?:(?=[^\s\d]{0,64}\d)(?=[\d\W_]{0,64}[a-z])[^\s"'<>,]{5,})/iy;
/** A flag of a command: `--password x`, `-pass x`. */
const FLAG = /^--?[a-z][\w-]*$/i;
const FLAG_VALUE = /[\s+]+(?!-)/y;
/** https://curl.se/docs/manpage.html#-u */
const CURL_USER = /(?:-u|-U|--user|--proxy-user)[\s=+]{0,8}(["']?)([^\s"':+]{0,256}:[^\s"'+]+)/y;
const CURL = /\bcurl[\s+]/;
/** A value after its name: `{"name": "password", "value": "x"}` as in HAR, and `key="Password" value="x"` as in XML. */
const VALUE_AFTER = /\\{0,7}["']?[\s+]{0,8}[,;]?[\s+]{0,8}\\{0,7}["']?value\\{0,7}["']?[\s+]{0,8}[:=]/iy;
const NAME_BEFORE = /\b(?:name|key|field|param|parameter|header)\\{0,7}["']?[\s+]{0,8}[:=][\s+]{0,8}\\{0,7}["']?$/i;
/** A value before its name. */
const VALUE_BEFORE =
  /\bvalue\\{0,7}["']?[\s+]{0,8}[:=][\s+]{0,8}\\{0,7}["']([^"'\\]{1,1024})\\{0,7}["'][\s+]{0,8}[,;]?[\s+]{0,8}\\{0,7}["']?(?:name|key)\\{0,7}["']?[\s+]{0,8}[:=][\s+]{0,8}\\{0,7}["']$/i;
/** A type between a name and its value: `const token: string = "x"`, `declare @password nvarchar(50) = 'x'`. */
const DECLARED_TYPE = /([\s+]{0,8}:)?[\s+]{0,8}[A-Za-z][\w<>[\]!().|]{0,64}[\s+]{0,8}=(?=[\s+]{0,8}[nN]?["'`])/y;
/** A name in a tag: `<password type="text">`, `<string name="password">`. */
const REST_OF_TAG = /["']?[^<>]{0,512}>[\s+]{0,8}(?:<!\[CDATA\[)?/y;
const NAME_IN_TAG = /<[\w.:-]{1,256}[\s+](?:[^<>]{0,512}[\s+"'])?(?:name|key|id)=["']$/i;
/** A name and a value as neighbouring items: `['authorization', 'x']`, `set("password", "x")`. */
const COMMA = /["'`][\s+]{0,8},(?=[\s+]{0,8}\\{0,7}["'`])/y;
const BEGINS_PAIR = /[[(][\s+]{0,8}\\{0,7}["'`]$/;
/** A field of a form (RFC 7578, section 4.2). */
const FORM_FIELD = /"[^"\r\n]{0,256}\r?\n(?:[^\r\n]{1,256}\r?\n){0,4}\r?\n/y;
/** In JSON `code` and `state` are ordinary names, except beside these. */
const TOKEN_REQUEST = /["'](?:redirect_uri|grant_type|session_state)\\{0,7}["'][\s+]{0,8}:/;
const CODE_OR_STATE = /["'](?:code|state)\\{0,7}["'][\s+]{0,8}:/g;
/** Names that SQL puts directly before a literal. A literal after them has no other meaning in prose. */
const BEFORE_LITERAL = /^(?:password|passwd|pwd|passphrase|passcode|secret)$/i;
const LITERAL = /[\s+]+(?=[nbe]?['"]|\$\w*\$)/iy;
/** The syntax of https://dev.mysql.com/doc/refman/8.4/en/create-user.html. Oracle's password is quoted or not. */
const IDENTIFIED_BY =
  /[\s+]+(?:with[\s+]+\S{1,64}[\s+]+)?(?:by|as)[\s+]+(?:(?:random[\s+]+)?password[\s+]+|values[\s+]+)?/iy;
/** https://dev.mysql.com/doc/refman/8.4/en/set-password.html */
const FOR_USER = /[\s+]+for[\s+]+[^=\n]{1,256}=/iy;
/**
 * Keys without a prefix, after the name of their issuer: those of Snyk and Heroku are UUIDs, the others are
 * hexadecimal.
 */
const ISSUER = /\b(?:snyk|heroku|datadog|dd|asana)[\s_+.-]+(?:[a-z]{2,8}[\s_+.-]+){0,2}$/i;
const BARE_KEY =
  /[\s+]{1,8}((?:\d\/\d{10,20}[:/])?[0-9a-f]{8}(?:-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,40}))(?![\w-])/iy;

/** Units of work for checking the surroundings of a name. */
const LOOK = 24;

/** Adds the value of a secret name whose relation to the value is not a sign such as `=`. The name ends at `end`. */
export function findAround(text: string, end: number, assignments: Assignments, places: Places): void {
  const next = text.charCodeAt(end);
  const start = startOfName(text, end);
  assignments.work.left -= 8 + end - start;
  const isSpaced = isBlank(next);
  // Only a blank, `:`, `]`, `)`, `,` or `;` can follow such a name.
  if (!isSpaced && next !== 58 && next !== 93 && next !== 41 && next !== 44 && next !== 59) return;
  // A colon may belong to a source position (`token.js:12`), a comma or a semicolon to a list.
  if (next === 58 && !isBlank(text.charCodeAt(end + 1)) && !/[A-Za-z]/.test(text[end + 1] ?? '')) return;
  if ((next === 44 || next === 59) && !followsSign(text, start)) return;
  const name = text.slice(start, end);
  if (/^identified$/i.test(name)) {
    if (isAt(IDENTIFIED_BY, text, end)) assignments.findAfter(IDENTIFIED_BY.lastIndex, 'spaced', places);
    return;
  }
  if (!assignments.isSecret(name)) return;
  assignments.work.left -= LOOK;
  const before = text[start - 1];
  if (isSpaced && (before === '<' || before === ':')) {
    if (before === '<' || text[startOfName(text, start - 1) - 1] === '<') findElement(text, end, assignments, places);
  } else if (isSpaced && FLAG.test(name)) {
    if (isAt(FLAG_VALUE, text, end)) assignments.findAfter(FLAG_VALUE.lastIndex, 'spaced', places);
  } else if (isSpaced && BEFORE_LITERAL.test(name)) {
    if (isAt(LITERAL, text, end)) assignments.findAfter(LITERAL.lastIndex, 'literal', places);
    else if (isAt(FOR_USER, text, end)) assignments.findAfter(FOR_USER.lastIndex, 'literal', places);
  } else if (isSpaced) findBareKey(text, start, end, places);
  if (isAt(DECLARED_TYPE, text, end)) {
    const at = DECLARED_TYPE.lastIndex;
    const isVariable = before === '@' || name.startsWith('$');
    if (isVariable || /^[\s+]{0,8}:/.test(text.slice(end, end + 10))) assignments.findAfter(at, 'literal', places);
  }
  if (next !== 58 && isAt(VALUE_AFTER, text, end)) findNamedValue(text, start, assignments, places);
  findAfterWord(text, end, assignments, places);
}

function findBareKey(text: string, start: number, end: number, places: Places): void {
  BARE_KEY.lastIndex = end;
  const found = BARE_KEY.exec(text);
  if (found === null || !ISSUER.test(text.slice(Math.max(0, start - 32), start))) return;
  places.push(BARE_KEY.lastIndex - found[1]!.length, BARE_KEY.lastIndex);
}

/** Adds the value of a secret name in quotes. The closing quote is at `quote`. */
export function findAroundQuoted(text: string, quote: number, assignments: Assignments, places: Places): void {
  let end = quote;
  while (text[end - 1] === '\\') end--;
  const start = text.lastIndexOf(text[quote]!, end - 1) + 1;
  assignments.work.left -= 8 + Math.min(end - start, 256);
  if (start === 0 || end - start > 256 || end <= start || !assignments.isSecret(text.slice(start, end))) return;
  assignments.work.left -= LOOK;
  const before = text.slice(Math.max(0, start - 48), start);
  if (isAt(COMMA, text, quote) && BEGINS_PAIR.test(before)) assignments.findAfter(COMMA.lastIndex, 'literal', places);
  if (NAME_BEFORE.test(before)) {
    assignments.work.left -= LOOK;
    if (isAt(VALUE_AFTER, text, end)) findNamedValue(text, start, assignments, places);
    if (isAt(FORM_FIELD, text, quote)) findFormField(text, assignments, places);
    findValueBefore(text, start, assignments, places);
  }
  if (/(?:name|key|id)=["']$/i.test(before) && NAME_IN_TAG.test(text.slice(Math.max(0, start - 512), start)))
    findElement(text, quote, assignments, places);
  findAfterWord(text, end, assignments, places);
}

function followsSign(text: string, start: number): boolean {
  let at = start - 1;
  while (at >= 0 && start - at < 8 && isBlank(text.charCodeAt(at))) at--;
  return text[at] === ':' || text[at] === '=';
}

function findAfterWord(text: string, end: number, assignments: Assignments, places: Places): void {
  WORD_OPERATOR.lastIndex = end;
  const found = WORD_OPERATOR.exec(text);
  if (found === null) return;
  const after = WORD_OPERATOR.lastIndex;
  if (assignments.findAfter(after, 'literal', places) > 0 || !MAY_BE_PROSE.test(found[1]!)) return;
  if (isAt(UNQUOTED_SECRET, text, after)) places.push(after + 1, UNQUOTED_SECRET.lastIndex);
}

function findNamedValue(text: string, start: number, assignments: Assignments, places: Places): void {
  const at = VALUE_AFTER.lastIndex;
  if (NAME_BEFORE.test(text.slice(Math.max(0, start - 48), start))) assignments.findAfter(at, 'spaced', places);
}

function findValueBefore(text: string, start: number, assignments: Assignments, places: Places): void {
  const from = Math.max(0, start - 1200);
  const before = text.slice(from, start);
  if (!/value/i.test(before)) return;
  assignments.work.left -= before.length >> 1;
  const found = VALUE_BEFORE.exec(before);
  if (found === null) return;
  const value = from + found.index + found[0].indexOf(found[1]!, 6);
  places.push(value, value + found[1]!.length);
}

function findElement(text: string, end: number, assignments: Assignments, places: Places): void {
  assignments.work.left -= LOOK;
  if (!isAt(REST_OF_TAG, text, end)) return;
  const start = REST_OF_TAG.lastIndex;
  const close = text.indexOf('<', start);
  if (close !== start) places.push(start, close === -1 ? text.length : close);
}

function findFormField(text: string, assignments: Assignments, places: Places): void {
  const start = FORM_FIELD.lastIndex;
  const end = text.indexOf('\n--', start);
  assignments.work.left -= LOOK;
  places.push(start, end === -1 ? text.length : end);
}

export function mayBeTokenRequest(text: string): boolean {
  return (text.includes('_uri') || text.includes('grant_') || text.includes('session_')) && TOKEN_REQUEST.test(text);
}

/** Adds the values of `code` and `state` in the JSON of a token request, or of an authorization response. */
export function findTokenRequest(assignments: Assignments, places: Places): void {
  for (const found of assignments.matches(CODE_OR_STATE))
    assignments.findAfter(found.index + found[0].length, 'field', places);
}

/** Adds the user and password of `curl -u`, if its flag begins at `at`. */
export function findCurlUser(text: string, at: number, places: Places): void {
  if (!isAt(CURL_USER, text, at) || !CURL.test(text.slice(Math.max(0, at - 1024), at))) return;
  CURL_USER.lastIndex = at;
  const user = CURL_USER.exec(text)![2]!;
  places.push(CURL_USER.lastIndex - user.length, CURL_USER.lastIndex);
}

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
