import { expect, it } from 'vitest';
import { displayName } from './name.js';

it('R14: a blank name is quoted, any other is as it is but for controls', () => {
  expect(['', '  ', '\n', '\u2028', 'GET /', 'a\u001b'].map(displayName)).toEqual([
    '""',
    '"  "',
    '"\\n"',
    '"\\u2028"',
    'GET /',
    'a\\x1b',
  ]);
});
