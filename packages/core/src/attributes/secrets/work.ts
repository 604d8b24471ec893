/**
 * Units for each character of a text. A scan takes one, and decoding with the scan of the result takes one and a half.
 */
const PER_CHARACTER = 3;
/** Minimum number of units for a text: a short one may cost more than its length suggests. */
const LEAST = 8192;

/**
 * A budget of work for one text. A unit is about the time to scan one character. The sender of a text decides how
 * costly it is to search. Each finder therefore spends units for the characters it examines, and once no units are left
 * the rest of the text is replaced.
 */
export class Work {
  /** Units left. Read for each character of a text; may become negative at the end. */
  left: number;
  readonly limit: number;

  /** @param length number of characters of the text */
  constructor(length: number) {
    this.limit = Math.max(LEAST, length * PER_CHARACTER);
    this.left = this.limit;
  }

  get spent(): number {
    return this.limit - this.left;
  }
}
