import { describe, expect, it } from 'vitest';
import { expectLinearTime } from '../../../../scripts/linear-time.mjs';
import { escapeControls } from './escape.js';

describe('escapeControls', () => {
  it.each([
    ['a terminal sequence', '\u001b[31mred', '\\x1b[31mred'],
    ['a window title', '\u001b]0;pwned\u0007', '\\x1b]0;pwned\\x07'],
    ['C1 controls', '\u009b31m\u0085', '\\x9b31m\\x85'],
    ['line breaks and tabs', 'a\r\n\tb\u2028\u2029', 'a\\x0d\\x0a\\x09b\\u2028\\u2029'],
    ['NUL and DEL', '\0\u007f', '\\x00\\x7f'],
    ['marks of direction', '\u202egnp.exe\u2066\u2069\u200f\u061c', '\\u202egnp.exe\\u2066\\u2069\\u200f\\u061c'],
    ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['a byte order mark', '\ufeffa', '\\ufeffa'],
  ])('shows %s', (_, text, expected) => {
    expect(escapeControls(text)).toBe(expected);
  });

  it('leaves all that a terminal shows as it is', () => {
    const text = 'GET /users/:id?q=a%20b "ü" 日本語 👩‍👩‍👧 \\x1b';
    expect(escapeControls(text)).toBe(text);
  });

  it.each(['a', '\u001b[', '\u202e', '\ud800', '\u0301'])(
    'FAULTS 45: takes linear time for %j again and again',
    async (piece) => {
      await expectLinearTime(JSON.stringify(piece), 25_600, (length) => escapeControls(piece.repeat(length)));
    },
  );
});
