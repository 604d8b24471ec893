import type { Places } from './token-finder.js';
import type { Work } from './work.js';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/**
 * Adds the payment card numbers in a run of digits with single separators. A card number is made of whole groups of
 * digits, so `4111 1111 1111 1111 123` is a card number and its check number. The first digit is 2 to 6; the limit
 * excludes times in milliseconds. The last digit is a check digit (ISO/IEC 7812): every second digit from the right
 * counts double.
 *
 * Takes time in proportion to the length of the run, because the sum of any part is the difference of two prefix sums.
 */
export function findCards(text: string, from: number, to: number, work: Work, places: Places): void {
  work.left -= 2 * (to - from);
  const positions = new Uint32Array(to - from);
  /** Prefix sums of the digits, with the digits at even positions doubled here, and those at odd positions below. */
  const evenDoubled = new Uint32Array(to - from + 1);
  const oddDoubled = new Uint32Array(to - from + 1);
  let count = 0;
  for (let index = from; index < to; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) continue;
    const doubled = digit < 5 ? digit * 2 : digit * 2 - 9;
    const isEven = count % 2 === 0;
    positions[count] = index;
    evenDoubled[count + 1] = evenDoubled[count]! + (isEven ? doubled : digit);
    oddDoubled[count + 1] = oddDoubled[count]! + (isEven ? digit : doubled);
    count++;
  }
  for (let first = 0; first + MIN_DIGITS <= count; first++) {
    if (first > 0 && positions[first - 1] === positions[first]! - 1) continue;
    const digit = text.charCodeAt(positions[first]!);
    if (digit < 50 || digit > 54) continue;
    const last = Math.min(count, first + MAX_DIGITS);
    for (let end = first + MIN_DIGITS; end <= last; end++) {
      if (end < count && positions[end] === positions[end - 1]! + 1) continue;
      // The digit before the check digit counts double.
      const sums = end % 2 === 0 ? evenDoubled : oddDoubled;
      if ((sums[end]! - sums[first]!) % 10 !== 0) continue;
      places.push(positions[first]!, positions[end - 1]! + 1);
      first = end - 1;
      break;
    }
  }
}
