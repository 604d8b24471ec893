import { createRequire } from 'node:module';

const ESCAPE = '\u001b[';

/** A code of colours, as picocolors writes them. It takes no column. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours.
const COLOR = /(\u001b\[\d+m)/g;

/** Texts whose characters all take one column: Latin, dashes and dots, lines and blocks. */
const PLAIN = /^[\x20-\x7e\u00a0-\u02ff\u2010-\u2027\u2500-\u259f]*$/;

let measure: ((text: string) => number) | undefined;

/** Counts the columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  const shown = text.includes(ESCAPE) ? text.replace(COLOR, '') : text;
  if (PLAIN.test(shown)) return shown.length;
  // Loaded for the first text that needs it: most reports have none, and it takes a fifth of the time of their start.
  measure ??= createRequire(import.meta.url)('string-width') as (text: string) => number;
  return measure(shown);
}

/**
 * The text in so many columns of a terminal. A wider one ends in an ellipsis; colours that are open there are closed.
 */
export function cut(text: string, width: number, ellipsis = '…'): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let taken = 1;
  const open: string[] = [];
  for (const piece of text.split(COLOR)) {
    if (piece.startsWith(ESCAPE)) {
      kept += piece;
      const end = endOf(piece);
      if (end === undefined) open.pop();
      else open.push(end);
      continue;
    }
    for (const character of piece) {
      taken += widthOf(character);
      if (taken > width) return `${kept}${open.reverse().join('')}${ellipsis}`;
      kept += character;
    }
  }
  return kept;
}

/** The code that ends a colour or a weight; `undefined` for a code that is such an end itself. */
function endOf(code: string): string | undefined {
  const number = Number(code.slice(2, -1));
  if (number === 0 || number === 22 || number === 39 || number === 49) return undefined;
  return number < 10 ? '\u001b[22m' : '\u001b[39m';
}

/** Breaks a text between words, into lines of at most `width` columns. A longer word is broken too. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line.trimEnd());
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && widthOf(part + character) > width) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}
