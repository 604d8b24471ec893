import type { Dialect } from './dialect.js';

/** Kinds of tokens. White space and comments are none: they are told by {@link Tokenizer.gap}. */
export const Kind = { End: 0, Word: 1, QuotedName: 2, Literal: 3, Parameter: 4, Symbol: 5 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const OTHER = 0;
const WORD = 1;
const DIGIT = 2;
const SPACE = 3;

const CLASSES = new Uint8Array(128).fill(OTHER);
for (let code = 0; code <= 32; code++) CLASSES[code] = SPACE;
CLASSES[127] = SPACE;
for (const [from, to, kind] of [
  ['a', 'z', WORD],
  ['A', 'Z', WORD],
  ['_', '_', WORD],
  ['0', '9', DIGIT],
] as const) {
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) CLASSES[code] = kind;
}

const NEWLINE = 10;
const RETURN = 13;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const DOLLAR = 36;
const AMPERSAND = 38;
const SINGLE_QUOTE = 39;
const STAR = 42;
const PLUS = 43;
const DASH = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const QUESTION = 63;
const AT = 64;
const OPENING_BRACKET = 91;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const BACKTICK = 96;
const LOWER_E = 101;
const LOWER_U = 117;

/** Words before a quote that belong to the string: `E'..'`, `X'..'`, `N'..'`, `U&'..'`. */
const STRING_PREFIX = /^(?:[ebnx]|_[a-z0-9]+)$/i;

/**
 * Cuts a SQL text into tokens, one at a time and in one pass. It accepts every text: what does not end (a string, a
 * comment) goes on to the end of the text.
 *
 * A backslash before a quote is read in two ways, by the settings of a session that nobody sees here. Where the reading
 * that was taken turns out to be unsure, `isUnsure` is true, and everything from `unsureFrom` may be a value.
 */
export class Tokenizer {
  kind: Kind = Kind.End;
  start = 0;
  end = 0;
  /** White space or a comment precedes the token. */
  gap = false;
  isUnsure = false;
  unsureFrom = Number.POSITIVE_INFINITY;
  readonly text: string;
  readonly #dialect: Dialect;
  readonly #length: number;

  constructor(text: string, dialect: Dialect, length = text.length) {
    this.text = text;
    this.#dialect = dialect;
    this.#length = length;
  }

  /** Goes to the next token, and returns its kind. */
  next(): Kind {
    this.#skipGap();
    const { text, end: start } = this;
    this.start = start;
    if (start >= this.#length) {
      this.kind = Kind.End;
      return this.kind;
    }
    const code = text.charCodeAt(start);
    const kind = code < 128 ? CLASSES[code] : WORD;
    if (kind === WORD) this.kind = this.#word(start);
    else if (kind === DIGIT || (code === DOT && this.#isDigit(start + 1))) this.kind = this.#number(start);
    else this.kind = this.#other(code, start);
    return this.kind;
  }

  /** The text of a word in upper case. Other tokens have none. */
  word(): string {
    return this.kind === Kind.Word && this.end - this.start < 40
      ? this.text.slice(this.start, this.end).toUpperCase()
      : '';
  }

  /** Whether the token is this one character. */
  is(symbol: string): boolean {
    return this.kind === Kind.Symbol && this.end === this.start + 1 && this.text[this.start] === symbol;
  }

  #other(code: number, start: number): Kind {
    const { text } = this;
    const dialect = this.#dialect;
    const next = text.charCodeAt(start + 1);
    if (code === SINGLE_QUOTE) return this.#string(start, SINGLE_QUOTE, dialect.backslashEscapes);
    if (code === DOUBLE_QUOTE) {
      if (dialect.doubleQuotedStrings) return this.#string(start, DOUBLE_QUOTE, dialect.backslashEscapes);
      return this.#quotedName(start, DOUBLE_QUOTE);
    }
    if (code === BACKTICK && dialect.backticks) return this.#quotedName(start, BACKTICK);
    if (code === OPENING_BRACKET && dialect.brackets) return this.#quotedName(start, CLOSING_BRACKET);
    if (code === DOLLAR) return this.#dollar(start);
    if (code === QUESTION) {
      this.end = start + 1;
      return Kind.Parameter;
    }
    if (code === COLON && next === COLON) return this.#symbol(start + 2);
    if (code === AT && next === AT && this.#isWord(start + 2)) return this.#parameter(start + 2);
    // A digit after a colon is the end of a slice in PostgreSQL: `a[1:2]`.
    if ((code === COLON || code === AT) && this.#isWord(start + 1)) return this.#parameter(start + 1);
    return this.#symbol(start + 1);
  }

  #skipGap(): void {
    const { text } = this;
    const length = this.#length;
    const begin = this.end;
    let at = begin;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code < 128 ? CLASSES[code] === SPACE : code === 0xa0 || code === 0xfeff) at++;
      else if (code === SLASH && text.charCodeAt(at + 1) === STAR) at = this.#endOfComment(at + 2);
      else if (code === DASH ? this.#isDashComment(at) : code === HASH && this.#dialect.hashComments)
        at = this.#endOfLine(at);
      else break;
    }
    this.gap = at > begin;
    this.end = Math.min(at, length);
  }

  #isDashComment(at: number): boolean {
    if (this.text.charCodeAt(at + 1) !== DASH) return false;
    return !this.#dialect.dashesNeedSpace || at + 2 >= this.#length || CLASSES[this.text.charCodeAt(at + 2)] === SPACE;
  }

  #endOfLine(at: number): number {
    const { text } = this;
    for (; at < this.#length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE || code === RETURN) return at;
    }
    return at;
  }

  #endOfComment(at: number): number {
    const { text } = this;
    let depth = 1;
    while (at < this.#length) {
      const code = text.charCodeAt(at);
      const next = text.charCodeAt(at + 1);
      if (code === STAR && next === SLASH) {
        at += 2;
        if (--depth === 0) return at;
      } else if (code === SLASH && next === STAR && this.#dialect.nestedComments) {
        at += 2;
        depth++;
      } else at++;
    }
    return at;
  }

  #word(start: number): Kind {
    const { text } = this;
    const end = this.#endOfWord(start);
    const quote = text.charCodeAt(end);
    if (quote === SINGLE_QUOTE && STRING_PREFIX.test(text.slice(start, Math.min(end, start + 20)))) {
      const escapes = this.#dialect.backslashEscapes || (text.charCodeAt(start) | 32) === LOWER_E;
      return this.#string(end, SINGLE_QUOTE, escapes);
    }
    if (quote === AMPERSAND && end === start + 1 && (text.charCodeAt(start) | 32) === LOWER_U) {
      if (text.charCodeAt(end + 1) === SINGLE_QUOTE) return this.#string(end + 1, SINGLE_QUOTE, false);
    }
    this.end = end;
    return Kind.Word;
  }

  #endOfWord(at: number): number {
    const { text } = this;
    for (; at < this.#length; at++) {
      const code = text.charCodeAt(at);
      if (code === DOLLAR) continue;
      if (code < 128 ? CLASSES[code] !== WORD && CLASSES[code] !== DIGIT : code === 0xa0 || code === 0xfeff) break;
    }
    return at;
  }

  /** Numbers of all kinds: `12`, `.5`, `1e-9`, `0xFF`, `1_000`; and what else begins with a digit. */
  #number(start: number): Kind {
    const { text } = this;
    let at = start;
    while (at < this.#length) {
      const code = text.charCodeAt(at);
      const kind = code < 128 ? CLASSES[code] : WORD;
      const isSign = (code === PLUS || code === DASH) && (text.charCodeAt(at - 1) | 32) === LOWER_E && at > start;
      if (kind !== WORD && kind !== DIGIT && code !== DOT && !(isSign && this.#isDigit(at + 1))) break;
      at++;
    }
    this.end = at;
    return Kind.Literal;
  }

  #string(at: number, quote: number, escapes: boolean): Kind {
    const { text } = this;
    const length = this.#length;
    for (at++; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        const next = text.charCodeAt(at + 1);
        if (next === quote) this.unsureFrom = Math.min(this.unsureFrom, at);
        // Without escapes by default, a string that holds one may have been written for a session with them.
        if (next === quote && !escapes) this.isUnsure = true;
        if (escapes) at++;
      } else if (code === quote) {
        if (text.charCodeAt(at + 1) !== quote) {
          this.end = at + 1;
          return Kind.Literal;
        }
        at++;
      }
    }
    // A string without an end: a backslash before it may have been read the wrong way.
    if (this.unsureFrom < length) this.isUnsure = true;
    this.end = length;
    return Kind.Literal;
  }

  #quotedName(at: number, quote: number): Kind {
    const { text } = this;
    for (at++; at < this.#length; at++) {
      if (text.charCodeAt(at) !== quote) continue;
      if (text.charCodeAt(at + 1) !== quote) {
        this.end = at + 1;
        return Kind.QuotedName;
      }
      at++;
    }
    // A name without an end is no name.
    this.end = this.#length;
    return Kind.Literal;
  }

  /** `$1`, `$name`, or a string between `$tag$` and `$tag$`. Where neither exists, `$5` is an amount of money. */
  #dollar(start: number): Kind {
    const { text } = this;
    if (!this.#dialect.dollarParameters) return this.#symbol(start + 1);
    let at = start + 1;
    if (this.#isDigit(at)) {
      while (this.#isDigit(at)) at++;
      this.end = at;
      return Kind.Parameter;
    }
    while (this.#isWordOrDigit(at)) at++;
    if (!this.#dialect.dollarQuotes || text.charCodeAt(at) !== DOLLAR) {
      this.end = at;
      return at > start + 1 ? Kind.Parameter : Kind.Symbol;
    }
    const tag = text.slice(start, at + 1);
    const close = text.indexOf(tag, at + 1);
    this.end = close === -1 ? this.#length : Math.min(close + tag.length, this.#length);
    return Kind.Literal;
  }

  #parameter(at: number): Kind {
    while (this.#isWordOrDigit(at)) at++;
    this.end = at;
    return Kind.Parameter;
  }

  #symbol(end: number): Kind {
    this.end = Math.min(end, this.#length);
    return Kind.Symbol;
  }

  #isDigit(at: number): boolean {
    return at < this.#length && CLASSES[this.text.charCodeAt(at)] === DIGIT;
  }

  #isWord(at: number): boolean {
    if (at >= this.#length) return false;
    const code = this.text.charCodeAt(at);
    return code >= 128 || CLASSES[code] === WORD;
  }

  #isWordOrDigit(at: number): boolean {
    return this.#isWord(at) || this.#isDigit(at);
  }
}
