import { NameBudget, type NameRule } from './secret-names.js';
import { findValue, type Manner, valueEnd, valueStart } from './secret-values.js';
import type { Places } from './token-finder.js';
import type { Work } from './work.js';

/** Maximum number of words before a name that may be part of it: `social security number: …`. */
const MAX_WORDS_BEFORE = 3;

/** Header fields of HTTP whose value, the rest of the line, is a credential. */
const HEADER_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]+|[\w-]+-(?:token|key|secret|authorization))$/i;

const AUTHORIZATION_NAME = /(?:^|[^a-z])authorization$/i;

/** Names that are credentials in the responses of an authorization server, and ordinary words elsewhere. */
const AMBIGUOUS_NAME = /^(?:code|state|ticket|assertion|artifact)$/i;
const SHORTEST_AMBIGUOUS = 4;
const LONGEST_AMBIGUOUS = 9;
/** Other parameters that show an authorization request or response. */
const AUTHORIZATION =
  /(?:^|[?&#/;\s])(?:client_id|redirect_uri|grant_type|session_state|response_type|iss|scope|id_token)=/i;
const CODE = /(?:^|[?&#/;\s])code=/i;
const STATE = /(?:^|[?&#/;\s])state=/i;
/**
 * Values of an ambiguous name that are no credentials: names of errors, countries and coupons (`SAVE20`). Codes of
 * authorization servers have small letters, or are longer.
 */
const ORDINARY_VALUE = /^(?:[a-z][a-z_-]{0,19}|[A-Z]{2,12}\d{0,4}|E[A-Z_]+|\d{1,7}|.{1,5})$/;

/** Outside URLs, codes of errors are ordinary too: `P2002`, `ERR_HTTP2`. */
const ORDINARY_TEXT = /^(?:.{1,7}|[A-Z0-9_.-]+|[a-z_.-]+|\d+)$/;
/** Characters before the name of a parameter in a query, a fragment or a path, or after another parameter's `=`. */
const BEFORE_PARAMETER = '?&#;/=';

/** Units of work for checking a name, and for finding a value. */
const FIND_NAME = 12;
const FIND_VALUE = 40;

const EQUALS = 61;
const COLON = 58;
const GREATER = 62;

/** Finds the values of secret names in one text. */
export class Assignments {
  readonly work: Work;
  readonly #names: NameBudget;
  readonly #text: string;
  #saysAuthorization: boolean | undefined;

  constructor(names: NameRule, text: string, work: Work) {
    this.work = work;
    this.#names = new NameBudget(names, work);
    this.#text = text;
  }

  /**
   * Checks an operator of one to three characters. Adds the value after it if the name before it is secret. Returns the
   * end of the value, or 0.
   *
   * @param stemEnd the last character of a secret word before the operator, see `NameStems`
   */
  findAt(operator: number, endOfOperator: number, stemEnd: number, places: Places): number {
    const text = this.#text;
    const first = signOf(text.charCodeAt(operator));
    let operatorEnd = endOfOperator;
    const isOne = operatorEnd - operator === 1;
    let end = operator;
    if (first === GREATER && text[end - 1] === '-') end--;
    while (isBlank(text.charCodeAt(end - 1))) end--;
    const bare = withoutCast(text, end);
    if (!this.#isSecretBefore(bare, stemEnd)) return 0;
    if (bare < end) return this.findAfter(operatorEnd, 'literal', places);
    let manner: Manner = 'literal';
    const isJoined = !isBlank(text.charCodeAt(operatorEnd));
    if (isOne && first === GREATER) return this.#findElement(operatorEnd, places);
    if (text[operatorEnd] === '*') operatorEnd++;
    if (isOne && first === EQUALS && isJoined && AUTHORIZATION_NAME.test(this.#name)) manner = 'credentials';
    else if (isOne && first === EQUALS) manner = isJoined && end === operator ? 'joined' : 'spaced';
    else if (isOne && first === COLON) manner = HEADER_NAME.test(this.#name) ? 'header' : isJoined ? 'colon' : 'field';
    else if (first === COLON && text.charCodeAt(operator + 1) === EQUALS) manner = 'spaced';
    else if (this.#isBracketed && text.charCodeAt(operatorEnd - 1) === GREATER) manner = 'field';
    if (manner === 'header' && this.#quoteBefore !== '') return this.#findUntil(this.#quoteBefore, operatorEnd, places);
    const isVariable = this.#name.startsWith('$') && first === COLON;
    return isVariable && isTypeAt(text, operatorEnd) ? 0 : this.findAfter(operatorEnd, manner, places);
  }

  /** Yields the matches of a pattern in the text, until no work is left. */
  *matches(pattern: RegExp): Generator<RegExpExecArray> {
    pattern.lastIndex = 0;
    for (let found = pattern.exec(this.#text); found !== null; found = pattern.exec(this.#text)) {
      const next = pattern.lastIndex;
      yield found;
      if (this.work.left <= 0) return;
      pattern.lastIndex = next;
    }
  }

  /** Adds the value that begins at `at`, or after blanks. Returns its end, or 0. */
  findAfter(at: number, manner: Manner, places: Places): number {
    if (this.work.left <= 0) return this.#found(at, this.#text.length, places);
    this.work.left -= FIND_VALUE;
    if (!findValue(this.#text, at, manner, this.#isQualified)) return 0;
    this.work.left -= valueEnd - at;
    return this.#found(valueStart, valueEnd, places);
  }

  /** Adds the value of `code=…` if the text may be the response of an authorization server. Returns its end, or 0. */
  findAmbiguous(operator: number, places: Places): number {
    const text = this.#text;
    const start = startOfName(text, operator);
    if (operator - start > LONGEST_AMBIGUOUS || !AMBIGUOUS_NAME.test(text.slice(start, operator))) return 0;
    this.work.left -= FIND_VALUE;
    if (!findValue(text, operator + 1, 'joined')) return 0;
    this.work.left -= valueEnd - operator;
    const value = text.slice(valueStart, valueEnd).replace(/[,.;)]+$/, '');
    const isInUrl = start === 0 || BEFORE_PARAMETER.includes(text[start - 1]!);
    if ((isInUrl ? ORDINARY_VALUE : ORDINARY_TEXT).test(value) && !this.#isAuthorization()) return 0;
    places.push(valueStart, valueEnd);
    return valueEnd;
  }

  /**
   * Whether the text is an authorization request or response. Computed once for a text, because its sender chooses how
   * often it contains `code=`.
   */
  #isAuthorization(): boolean {
    const text = this.#text;
    if (this.#saysAuthorization === undefined) this.work.left -= text.length >> 1;
    this.#saysAuthorization ??= AUTHORIZATION.test(text) || (CODE.test(text) && STATE.test(text));
    return this.#saysAuthorization;
  }

  isSecret(name: string): boolean {
    return this.#names.isSecret(name);
  }

  /** The name that was checked last. */
  #name = '';
  /** Whether that name is part of a path, a host or a column of a table, or resembles the name of a file. */
  #isQualified = false;
  /** Whether that name was in quotes or brackets. */
  #isBracketed = false;
  /** A quote before that name that is not closed after it: `-H 'Cookie: …'`. */
  #quoteBefore = '';

  #isSecretBefore(end: number, stemEnd: number): boolean {
    const text = this.#text;
    const quote = text[end - 1]!;
    this.work.left -= FIND_NAME;
    this.#quoteBefore = '';
    if (quote === '"' || quote === "'" || quote === '`') {
      let to = end - 1;
      while (text[to - 1] === quote) to--;
      while (text[to - 1] === '\\') to--;
      const opening = to > 0 ? text.lastIndexOf(quote, to - 1) : -1;
      // A text that was cut may have no opening quote.
      const from = opening === -1 ? startOfName(text, to) : opening + 1;
      if (stemEnd < from || to <= from) return false;
      this.work.left -= to - from;
      // A quote next to a blank is itself an opening quote.
      if (isBlank(text.charCodeAt(to - 1)) || isBlank(text.charCodeAt(from))) return false;
      this.#isBracketed = true;
      this.#isQualified = false;
      this.#name = text.slice(from, to);
      return this.isSecret(this.#name);
    }
    let from = startOfName(text, end);
    this.work.left -= end - from;
    if (from === end) return false;
    if (stemEnd < from) return false;
    this.#isBracketed = text[end - 1] === ']';
    this.#name = text.slice(from, end);
    const before = text[from - 1] ?? '';
    this.#isQualified = this.#name.includes('.') || before === '/' || before === '\\' || before === '@';
    if (before === '"' || before === "'") this.#quoteBefore = before;
    if (this.isSecret(this.#name)) return true;
    for (let words = 0; words < MAX_WORDS_BEFORE && from > 0 && isBlankInLine(text.charCodeAt(from - 1)); words++) {
      const start = startOfName(text, from - 1);
      if (start === from - 1) return false;
      this.work.left -= from - start;
      from = start;
      if (this.isSecret(text.slice(from, end))) return true;
    }
    return false;
  }

  /** Adds the content of an element: `<password>…</password>`. */
  #findElement(at: number, places: Places): number {
    const text = this.#text;
    const start = startOfName(text, at - 1);
    const before = text[start - 1];
    if (before !== '<' && !(before === ':' && text[startOfName(text, start - 1) - 1] === '<'))
      return this.findAfter(at, 'literal', places);
    const close = text.indexOf('<', at);
    return this.#found(at, close === -1 ? text.length : close, places);
  }

  #findUntil(quote: string, at: number, places: Places): number {
    let close = this.#text.indexOf(quote, at);
    while (close !== -1 && this.#text[close - 1] === '\\') close = this.#text.indexOf(quote, close + 1);
    let start = at;
    while (isBlank(this.#text.charCodeAt(start))) start++;
    return this.#found(start, close === -1 ? this.#text.length : close, places);
  }

  #found(start: number, end: number, places: Places): number {
    if (end <= start) return 0;
    places.push(start, end);
    return end;
  }
}

/** The type of a GraphQL variable: `$password: String!`. */
const TYPE = /[\s+]*\[?[A-Z]\w{0,127}!?\]?!?(?=[\s+,)=]|$)/y;

function isTypeAt(text: string, at: number): boolean {
  TYPE.lastIndex = at;
  return TYPE.test(text);
}

/** Whether the name before a sign may be an ambiguous one. A fast check of its last letters. */
export function mayBeAmbiguous(text: string, operator: number): boolean {
  if (operator < SHORTEST_AMBIGUOUS) return false;
  const last = text.charCodeAt(operator - 1) | 32;
  const before = text.charCodeAt(operator - 2) | 32;
  if (last === 101) return before === 100 || before === 116;
  return last === 116 ? before === 101 || before === 99 : last === 110 && before === 111;
}

/** Maps full-width signs of East Asian keyboards to ASCII. */
export function signOf(code: number): number {
  if (code === 0xff1d) return EQUALS;
  return code === 0xff1a ? COLON : code;
}

/**
 * Returns the end of a name without a cast or the call around it: `password::text`, `lower(password)`,
 * `[Symbol(token)]`.
 */
function withoutCast(text: string, end: number): number {
  let to = end;
  if (text[to - 1] === ']' && text[to - 2] === ')') to--;
  while (text[to - 1] === ')') to--;
  if (to < end) return to;
  const start = startOfName(text, end);
  return text[start - 1] === ':' && text[start - 2] === ':' ? start - 2 : end;
}

/** Whether a character is a blank. In forms `+` is one. */
export function isBlank(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 43;
}

function isBlankInLine(code: number): boolean {
  return code === 32 || code === 43 || code === 9 || code === 0xa0;
}

/** Returns the start of the name that ends at `end`: letters, digits, `_`, `-`, `.`, `$` and brackets. */
export function startOfName(text: string, end: number): number {
  let start = end;
  while (start > 0 && isOfName(text.charCodeAt(start - 1))) start--;
  return start;
}

function isOfName(code: number): boolean {
  if (code >= 128) return code !== 0xa0 && signOf(code) === code;
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 93 && code !== 92) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45 ||
    code === 46 ||
    code === 36
  );
}
