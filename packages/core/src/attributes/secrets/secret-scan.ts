import { findArmor } from './armored-keys.js';
import { findCards } from './card-numbers.js';
import { isEscape } from './encoded-text.js';
import { CHARACTER_CLASS, CLASSES } from './name-stems.js';
import { Assignments, isBlank, mayBeAmbiguous, signOf } from './secret-assignments.js';
import type { NameRule } from './secret-names.js';
import { findAround, findAroundQuoted, findCurlUser, findTokenRequest, mayBeTokenRequest } from './secret-relations.js';
import { findInColumns } from './secret-sql.js';
import { findHexBefore, findShapes, findTokenAt, HEX_LENGTH, mayBeginToken, type Places } from './token-finder.js';
import type { Work } from './work.js';

/**
 * Maximum number of secrets in a text; the rest is then replaced. Each secret costs time, and the sender of the text
 * chooses their number.
 */
const MAX_PLACES = 32;

const MAY_BE_ENCODED = /[%\\&]/;

/** Maximum number of characters of a password after the first `/`, `?` or `#` in it. */
const MAX_ODD_USER = 256;
/** A port after the colon, which is not a password. */
const PORT = /^\d{1,5}$/;

/** Kind of a character: part of an operator. */
const OPERATOR = 1;
/** Kind of a character: end of the authority of a URL. */
const AUTHORITY_END = 2;
const AT_SIGN = 3;
/** Kind of a character: end of a URL. */
const URL_END = 4;
/** Kind of a character: possible start of an escape. */
const ESCAPE = 5;
const DASH = 6;
const OPENS_LIST = 7;
const CLOSES_LIST = 8;

const KINDS = new Uint8Array(128);
for (const [kind, characters] of [
  [OPERATOR, '=:<>!~'],
  [AUTHORITY_END, '/?#'],
  [AT_SIGN, '@'],
  [URL_END, ' \t\r\n\v\f"\''],
  [ESCAPE, '%\\&'],
  [DASH, '-'],
  [OPENS_LIST, '('],
  [CLOSES_LIST, ')'],
] as const) {
  for (const character of characters) KINDS[character.charCodeAt(0)] = kind;
}

const EQUALS = 61;
const COLON = 58;
const SLASH = 47;
const BACKSLASH = 92;
const HARD_SPACE = 0xa0;
const MIN_CARD_DIGITS = 13;

/**
 * Adds the places of secrets in a text without decoding it, in one pass. Returns whether the text may be encoded. If
 * there are too many secrets, or no work is left, the rest of the text is added as one place.
 */
export function scan(text: string, names: NameRule, work: Work, places: Places): boolean {
  const { next, ends } = names.stems;
  const { length } = text;
  const assignments = new Assignments(names, text, work);
  work.left -= length;
  let mayBeEncoded = false;
  let isInWord = false;
  let wordStart = 0;
  let state = 0;
  /** The last character of the last secret word, and below that of the last operator. */
  let stemEnd = -1;
  /** The end of the last name that contains a secret word, and below the last quote after one. */
  let namedEnd = 0;
  let quotedEnd = 0;
  /** The opening bracket of the current list. */
  let listStart = -1;
  let lastOperator = -1;
  let digits = 0;
  let digitsStart = 0;
  /** The start and the end of the authority of the current URL, and the first colon in it. */
  let authority = -1;
  let authorityEnd = -1;
  let userColon = -1;

  let at = 0;
  for (; at < length && places.length < 2 * MAX_PLACES && work.left > 0; at++) {
    const code = text.charCodeAt(at);
    const characterClass = code < 128 ? CHARACTER_CLASS[code]! : 0;
    if (characterClass !== 0) {
      if (!isInWord) {
        isInWord = true;
        wordStart = at;
        const end = at + 2 < length && mayBeginToken(text, at) ? findTokenAt(text, at, work, places) : 0;
        if (end > 0) {
          if (digits >= MIN_CARD_DIGITS) findCards(text, digitsStart, at, work, places);
          digits = 0;
          state = 0;
          at = end - 1;
          continue;
        }
      }
      state = next[state * CLASSES + characterClass]!;
      if (ends[state] === 1) stemEnd = at;
      if (characterClass > 26) {
        if (digits++ === 0) digitsStart = at;
      } else if (digits > 0) {
        if (digits >= MIN_CARD_DIGITS) findCards(text, digitsStart, at, work, places);
        digits = 0;
      }
      continue;
    }
    isInWord = false;
    if (digits > 0 && !(at + 1 < length && isCardSeparator(code) && isDigit(text.charCodeAt(at + 1)))) {
      if (digits >= MIN_CARD_DIGITS) findCards(text, digitsStart, at, work, places);
      digits = 0;
    }
    if (stemEnd >= namedEnd && !isInName(code)) {
      namedEnd = at;
      findAround(text, at, assignments, places);
    }
    const sign = signOf(code);
    if (sign >= 128) {
      // Letters of other alphabets. Names that contain them are always checked.
      if (code !== HARD_SPACE) {
        stemEnd = at;
        namedEnd = at + 1;
      }
      continue;
    }
    switch (KINDS[sign]) {
      case OPERATOR: {
        if (code === COLON) {
          const schemeEnd = endOfScheme(text, at);
          if (schemeEnd > 0) {
            authority = schemeEnd;
            authorityEnd = -1;
            userColon = -1;
            lastOperator = schemeEnd - 1;
            at = schemeEnd - 1;
            break;
          }
          // `::` is a cast in SQL, and part of a name in other languages.
          if (text.charCodeAt(at + 1) === COLON) {
            at++;
            break;
          }
          if (authorityEnd < 0 && userColon < 0) userColon = at;
        } else if (code === 60 || code === 62) authority = -1;
        let end = at + 1;
        while (end < at + 3 && end < length && KINDS[text.charCodeAt(end)] === OPERATOR) end++;
        let valueEnd = 0;
        if (stemEnd > lastOperator || (stemEnd >= 0 && at > 0 && isQuote(text.charCodeAt(at - 1)))) {
          valueEnd = assignments.findAt(at, end, stemEnd, places);
        }
        if (valueEnd === 0 && code === EQUALS && end === at + 1 && mayBeAmbiguous(text, at)) {
          valueEnd = assignments.findAmbiguous(at, places);
        }
        if (valueEnd > 0) state = 0;
        at = Math.max(valueEnd, end) - 1;
        lastOperator = at;
        break;
      }
      case AUTHORITY_END:
        if (authorityEnd < 0) authorityEnd = at;
        break;
      case AT_SIGN:
        if (authority < 0 || at === authority) break;
        // The last `@` before the path counts, because passwords may contain `@`.
        if (authorityEnd < 0) places.push(authority, at);
        else if (isOddUser(text, authority, userColon, authorityEnd, at)) {
          places.push(authority, at);
          authority = -1;
        }
        break;
      case URL_END:
        if (authority >= 0 && authorityEnd < 0 && userColon > authority) {
          const user = endOfOddUser(text, userColon, at, work);
          if (user > 0) {
            places.push(authority, user);
            at = user - 1;
          }
        }
        authority = -1;
        if ((code === 34 || code === 39) && stemEnd >= quotedEnd) {
          quotedEnd = at + 1;
          findAroundQuoted(text, at, assignments, places);
        }
        break;
      case ESCAPE:
        if (!mayBeEncoded) mayBeEncoded = isEscape(text, at);
        if (code === BACKSLASH && text.charCodeAt(at + 1) !== SLASH) authority = -1;
        break;
      case DASH:
        if (at - wordStart === HEX_LENGTH) findHexBefore(text, wordStart, places);
        if (text.startsWith('----', at)) {
          const end = findArmor(text, at, places);
          work.left -= end - at;
          at = end - 1;
        } else if (at > 0 && isBlank(text.charCodeAt(at - 1))) {
          work.left -= 4;
          findCurlUser(text, at, places);
        }
        break;
      case OPENS_LIST:
        listStart = at;
        break;
      case CLOSES_LIST:
        if (listStart >= 0 && stemEnd > listStart) findInColumns(text, listStart, at, assignments, places);
        listStart = -1;
        break;
    }
  }
  if (at < length) places.push(at, length);
  if (digits >= MIN_CARD_DIGITS) findCards(text, digitsStart, at, work, places);
  // The rest has been added as one place already.
  findShapes(at < length ? text.slice(0, at) : text, work, places);
  if (mayBeTokenRequest(text)) findTokenRequest(assignments, places);
  // The scan has skipped the secrets, so the escapes in them have not been seen.
  return mayBeEncoded || (places.length > 0 && MAY_BE_ENCODED.test(text));
}

/** Returns the start of the authority after the colon of `://`, also as `:\/\/`; 0 for any other colon. */
function endOfScheme(text: string, colon: number): number {
  if (text.startsWith('//', colon + 1)) return colon + 3;
  return text.startsWith('\\/\\/', colon + 1) ? colon + 5 : 0;
}

/**
 * Whether the part before an `@` in the path is a password that contains `/`, `?` or `#`. A URL must encode these, but
 * people do not always.
 */
function isOddUser(text: string, authority: number, colon: number, authorityEnd: number, at: number): boolean {
  if (colon < authority || colon > authorityEnd || text[authority] === '[' || at - authorityEnd > MAX_ODD_USER)
    return false;
  return !PORT.test(text.slice(colon + 1, authorityEnd));
}

/** The rest of a password that contains a blank or a quote, which a URL must encode. */
const ODD_USER = /[^@/?#\r\n,{}<>]{1,64}@(?=[\w[])/y;

/** Returns the end of a password that contains a blank or a quote, or 0. */
function endOfOddUser(text: string, colon: number, at: number, work: Work): number {
  work.left -= 16;
  if (PORT.test(text.slice(colon + 1, at))) return 0;
  ODD_USER.lastIndex = at;
  return ODD_USER.test(text) ? ODD_USER.lastIndex - 1 : 0;
}

/** Whether a character may separate two groups of a card number, once. */
function isCardSeparator(code: number): boolean {
  return code === 32 || code === 45 || code === 43 || code === HARD_SPACE;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether a character can be in a name beside letters and digits: `_`, `-`, `.`, `$` and brackets. */
function isInName(code: number): boolean {
  return code === 95 || code === 45 || code === 46 || code === 36 || code === 91 || code === 93;
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96;
}
