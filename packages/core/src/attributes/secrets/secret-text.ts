import { decodeOnce, isEscape } from './encoded-text.js';
import { NameRule } from './secret-names.js';
import { scan } from './secret-scan.js';
import type { Places } from './token-finder.js';
import { Work } from './work.js';

/** The text that replaces a secret. */
export const REDACTED = 'REDACTED';

/** Maximum number of times a text is decoded: redirects within redirects are encoded several times. */
const MAX_DECODED = 6;

/** Returns the text with its secrets replaced: values of secret names, and texts that are secret by their form. */
export function redactText(text: string, names: NameRule = new NameRule({})): string {
  const places = findSecrets(text, names);
  if (places === undefined) return text;
  let result = '';
  let copied = 0;
  for (let index = 0; index < places.length; index += 2) {
    result += text.slice(copied, places[index]) + REDACTED;
    copied = places[index + 1]!;
  }
  return result + text.slice(copied);
}

/**
 * Finds the places of the secrets in a text, sorted: in the text itself, and in what an application reads when it
 * decodes the text. Takes time in proportion to its length. A part that is still encoded when no work is left counts as
 * secret.
 */
export function findSecrets(text: string, names: NameRule, work = new Work(text.length)): Places | undefined {
  const places: Places = [];
  let mayBeEncoded = scan(text, names, work, places);
  let encoded = text;
  let origins: Uint32Array | undefined;
  for (let times = 0; mayBeEncoded && times < MAX_DECODED && work.left > encoded.length; times++) {
    work.left -= encoded.length >> 1;
    const decoded = decodeOnce(encoded);
    if (decoded === undefined) {
      mayBeEncoded = false;
      break;
    }
    const found: Places = [];
    mayBeEncoded = scan(decoded.text, names, work, found);
    const outer = origins;
    origins = outer === undefined ? decoded.origins : decoded.origins.map((at) => outer[at]!);
    for (const at of found) places.push(origins[at]!);
    encoded = decoded.text;
  }
  if (mayBeEncoded) {
    const at = firstEncoded(encoded);
    if (at >= 0) places.push(origins === undefined ? at : origins[at]!, text.length);
  }
  return places.length === 0 ? undefined : inOrder(places);
}

/**
 * Returns the start of the first word that is still encoded, or -1. The content of such a word is unknown, and so is
 * the extent of a value that begins in it.
 */
function firstEncoded(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code !== 37 && code !== 38 && code !== 92) || !isEscape(text, at)) continue;
    let start = at;
    while (start > 0 && !isBoundary(text.charCodeAt(start - 1))) start--;
    return start;
  }
  return -1;
}

/** Whether a character is a blank, a quote or `&`. */
function isBoundary(code: number): boolean {
  return code <= 32 || code === 34 || code === 38 || code === 39;
}

/** Sorts the places, and joins those that overlap or touch. */
function inOrder(places: Places): Places {
  if (places.length === 2) return places;
  const pairs: [number, number][] = [];
  for (let index = 0; index < places.length; index += 2) pairs.push([places[index]!, places[index + 1]!]);
  pairs.sort(([one], [other]) => one - other);
  const joined: Places = [];
  for (const [start, end] of pairs) {
    const last = joined.length - 1;
    if (last > 0 && start <= joined[last]!) joined[last] = Math.max(joined[last]!, end);
    else joined.push(start, end);
  }
  return joined;
}
