import { describe, expect, it } from 'vitest';
import { isInRange } from './version-range.js';

describe('isInRange', () => {
  it.each([
    ['8.3.0', '>=8.3 <9', true],
    ['8.2.9', '>=8.3 <9', false],
    ['9.0.0', '>=8.3 <9', false],
    ['10.0.0', '>=9.1', true],
    ['3.20.0-beta.1', '>=3.20', true],
    ['v22.12.0', '>=22.12 <23', true],
    ['1.2.3', '*', true],
    ['1.2.3', '', false],
    ['1.2.3', '>=x', false],
    ['not a version', '*', false],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(isInRange(version, range)).toBe(expected);
  });
});
