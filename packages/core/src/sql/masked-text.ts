import { Kind, type Tokenizer } from './tokenizer.js';

/** Words that are values. */
const VALUES = new Set(['TRUE', 'FALSE']);
/** Words that may stand for a value in a row. */
const SIMPLE = new Set(['TRUE', 'FALSE', 'NULL', 'DEFAULT']);

/** Places in the rows of `VALUES (..), (..)`. */
const Rows = { None: 0, Begin: 1, First: 2, Between: 3, Comma: 4, Later: 5 } as const;
type Rows = (typeof Rows)[keyof typeof Rows];

/**
 * A SQL text without its values: literals become `?`, comments and superfluous white space go, parameters stay. Lists
 * after `IN` and the rows of `VALUES` become short, so that texts do not differ by their numbers: `IN (?)`, `IN ($1,
 * ...)`, `VALUES (?, ?), ...`.
 */
export class MaskedText {
  /** The text of all tokens so far. */
  text = '';
  #afterIn = false;
  /** The place in the text after `IN (`, and what the list begins with; -1 outside of such a list. */
  #listAt = -1;
  #listItems = 0;
  #firstItem = '';
  #rows: Rows = Rows.None;
  #rowDepth = 0;
  /** The end of the first row in the text. */
  #rowsAt = 0;

  add(token: Tokenizer): void {
    const { kind } = token;
    const word = kind === Kind.Word ? token.word() : '';
    const isValue = kind === Kind.Literal || VALUES.has(word);
    const piece = isValue ? '?' : token.text.slice(token.start, token.end);
    const isSimple =
      isValue || kind === Kind.Parameter || SIMPLE.has(word) || (kind === Kind.Symbol && isSimpleSymbol(piece));
    const isDropped = this.#list(piece, isSimple, kind) || this.#row(piece, isSimple, word);
    if (!isDropped) this.text += token.gap && this.text !== '' ? ` ${piece}` : piece;
    if (this.#afterIn && piece === '(') {
      this.#listAt = this.text.length;
      this.#listItems = 0;
      this.#firstItem = '';
    }
    this.#afterIn = word === 'IN';
  }

  /** Closes a list after `IN`. Returns whether the token is in the text already. */
  #list(piece: string, isSimple: boolean, kind: Kind): boolean {
    if (this.#listAt === -1) return false;
    if (piece === ')' && this.#listItems > 1) {
      const rest = this.#firstItem === '?' ? ')' : ', ...)';
      this.text = this.text.slice(0, this.#listAt) + this.#firstItem + rest;
      this.#listAt = -1;
      return true;
    }
    if (!isSimple || piece === '(' || piece === ')') this.#listAt = -1;
    else if (kind !== Kind.Symbol && this.#listItems++ === 0) this.#firstItem = piece;
    return false;
  }

  /** Leaves out the rows after the first one. Returns whether the token is in the text already. */
  #row(piece: string, isSimple: boolean, word: string): boolean {
    if (word === 'VALUES') {
      this.#rows = Rows.Begin;
      return false;
    }
    switch (this.#rows) {
      case Rows.Begin:
        this.#rows = piece === '(' ? Rows.First : Rows.None;
        this.#rowDepth = 1;
        return false;
      case Rows.First:
        if (piece === '(') this.#rowDepth++;
        if (piece !== ')' || --this.#rowDepth > 0) return false;
        this.#rows = Rows.Between;
        this.#rowsAt = this.text.length + 1;
        return false;
      case Rows.Between:
        this.#rows = piece === ',' ? Rows.Comma : Rows.None;
        return false;
      case Rows.Comma:
        this.#rows = piece === '(' ? Rows.Later : Rows.None;
        return false;
      case Rows.Later:
        if (piece === ')') {
          this.text = `${this.text.slice(0, this.#rowsAt)}, ...`;
          this.#rows = Rows.Between;
          return true;
        }
        if (!isSimple) this.#rows = Rows.None;
        return false;
      default:
        return false;
    }
  }
}

function isSimpleSymbol(piece: string): boolean {
  return piece === ',' || piece === '-' || piece === '+';
}
