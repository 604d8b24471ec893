import type { Places } from './token-finder.js';

/** The first and last line of a key: PEM (RFC 7468) and PGP, also with `+` for a blank, as forms encode it. */
const BEGIN = /-{4,5}[ +]?BEGIN[ +][A-Z0-9 +]{0,64}-{4,5}/y;
const END = /-{4,5}[ +]?END[ +][A-Z0-9 +]{0,64}-{4,5}/y;
const NEXT_END = new RegExp(END.source, 'g');
const DASH = 45;
const MAX_DASHES = 5;

/**
 * Adds the key whose first or last line begins with the dashes at `at`. Returns the end of the key, or of the dashes.
 */
export function findArmor(text: string, at: number, places: Places): number {
  let dashesEnd = at;
  while (text.charCodeAt(dashesEnd) === DASH) dashesEnd++;
  for (let from = Math.max(at, dashesEnd - MAX_DASHES); from <= dashesEnd - 4; from++) {
    BEGIN.lastIndex = from;
    if (BEGIN.test(text)) {
      NEXT_END.lastIndex = BEGIN.lastIndex;
      const end = NEXT_END.test(text) ? NEXT_END.lastIndex : text.length;
      places.push(from, end);
      return end;
    }
    END.lastIndex = from;
    if (END.test(text)) {
      // The beginning of the key was cut off.
      let start = at;
      while (start > 0 && isOfBody(text.charCodeAt(start - 1))) start--;
      places.push(start, END.lastIndex);
      return END.lastIndex;
    }
  }
  return dashesEnd;
}

/** Whether a character can be in the body of a key: Base64, and line ends, also escaped ones. */
function isOfBody(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 61 ||
    code === 92 ||
    code <= 32
  );
}
