/**
 * Classes of characters: one for each letter and digit, and 0 for separators, which may stand between letters of a
 * name.
 */
export const CLASSES = 37;
export const CHARACTER_CLASS = new Uint8Array(128);
for (let letter = 0; letter < 26; letter++) {
  CHARACTER_CLASS[97 + letter] = letter + 1;
  CHARACTER_CLASS[65 + letter] = letter + 1;
}
for (let digit = 0; digit < 10; digit++) CHARACTER_CLASS[48 + digit] = 27 + digit;

/**
 * Finds words in a text in one pass, in any case and with any separators between their letters, by the automaton of Aho
 * and Corasick (https://doi.org/10.1145/360825.360855). Most names contain no secret word, and need no further check.
 */
export class NameStems {
  /** The transition table: the next state for a state and a class of characters is at `state * CLASSES + class`. */
  readonly next: Uint16Array;
  /** 1 for states in which a word ends. */
  readonly ends: Uint8Array;

  /** @param words lower-case ASCII letters and digits; other words are ignored */
  constructor(words: readonly string[]) {
    const children: number[][] = [new Array(CLASSES).fill(0)];
    const ends: boolean[] = [false];
    for (const word of words) {
      if (!/^[a-z0-9]+$/.test(word)) continue;
      let state = 0;
      for (let index = 0; index < word.length; index++) {
        const each = CHARACTER_CLASS[word.charCodeAt(index)]!;
        if (children[state]![each] === 0) {
          children[state]![each] = children.length;
          children.push(new Array(CLASSES).fill(0));
          ends.push(false);
        }
        state = children[state]![each]!;
      }
      ends[state] = true;
    }
    this.next = new Uint16Array(children.length * CLASSES);
    this.ends = new Uint8Array(children.length);
    const fallbacks = new Uint16Array(children.length);
    const queue = [0];
    for (const state of queue) {
      this.ends[state] = ends[state]! || this.ends[fallbacks[state]!] === 1 ? 1 : 0;
      for (let each = 1; each < CLASSES; each++) {
        const child = children[state]![each]!;
        const otherwise = state === 0 ? 0 : this.next[fallbacks[state]! * CLASSES + each]!;
        this.next[state * CLASSES + each] = child === 0 ? otherwise : child;
        if (child === 0) continue;
        fallbacks[child] = otherwise;
        queue.push(child);
      }
    }
  }

  /** Whether a name contains a word. Returns true for names with letters outside ASCII, which are not matched here. */
  mayBeIn(name: string): boolean {
    let state = 0;
    for (let index = 0; index < name.length; index++) {
      const code = name.charCodeAt(index);
      if (code >= 128) return true;
      const each = CHARACTER_CLASS[code]!;
      if (each === 0) continue;
      state = this.next[state * CLASSES + each]!;
      if (this.ends[state] === 1) return true;
    }
    return false;
  }
}
