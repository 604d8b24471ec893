import type { Terminal } from '../terminal.js';

/** Columns that are left for the name of a span, whatever its depth. */
const NAME_ROOM = 12;

/** Columns a level takes. */
const LEVEL = 3;

/** Columns of `(depth 1234) `, and of `1234 ` where there is less room. */
const WORDS_ROOM = 13;
const NUMBER_ROOM = 5;

/** The lines left of the spans of a tree. Where levels have no room any more, a number says how deep a span is. */
export class Guides {
  /** Deeper spans are indented no further, however wide the terminal is. */
  static readonly MOST_LEVELS = 24;
  readonly #isUnicode: boolean;
  readonly #levels: number;
  readonly #hasWords: boolean;

  /** @param room columns for a span and the lines left of it. */
  constructor({ isUnicode }: Pick<Terminal, 'isUnicode'>, room: number) {
    this.#isUnicode = isUnicode;
    const spare = room - NAME_ROOM;
    this.#hasWords = spare >= WORDS_ROOM + LEVEL;
    const numbers = this.#hasWords ? WORDS_ROOM : NUMBER_ROOM;
    this.#levels = Math.max(Math.min(Math.floor((spare - numbers) / LEVEL), Guides.MOST_LEVELS), 0);
  }

  /** @param lasts for the span itself and those above it, the topmost first, whether it is the last of its siblings. */
  of(depth: number, lasts: readonly boolean[]): string {
    if (depth === 0) return '';
    const isDeep = depth > this.#levels;
    const number = isDeep ? (this.#hasWords ? `(depth ${depth}) ` : `${depth} `) : '';
    if (this.#levels === 0) return number;
    const [last, other, line] = this.#isUnicode ? ['└─ ', '├─ ', '│  '] : ['`- ', '|- ', '|  '];
    const indent = lasts
      .slice(0, -1)
      .slice(0, this.#levels - 1)
      .map((isLast) => (isLast ? '   ' : line))
      .join('');
    return `${indent}${lasts.at(-1) === true ? last : other}${number}`;
  }
}
