import { describe, expect, it } from 'vitest';
import { parseAge, parseSize } from './quantities.js';

describe('an age', () => {
  it.each([
    ['90m', 90 / 1_440],
    ['12h', 0.5],
    ['7d', 7],
    ['1.5 D', 1.5],
    ['2w', 14],
    ['0d', 0],
  ])('%s is %d days', (text, days) => {
    expect(parseAge(text)).toBeCloseTo(days, 9);
  });

  it.each(['7', 'd', '-7d', '1e3d', '7y', '7dd', '', '0x7d', '7d 1h', '7constructor', '7__proto__'])(
    '%j is refused, and what is accepted is named',
    (text) => {
      expect(() => parseAge(text)).toThrow(/7d/);
    },
  );
});

describe('a size', () => {
  it.each([
    ['512MB', 512],
    ['512 mb', 512],
    ['2GB', 2_048],
    ['512KB', 0.5],
  ])('%s is %d megabytes', (text, megabytes) => {
    expect(parseSize(text)).toBe(megabytes);
  });

  it.each(['512', '512M', 'MB', '5TB', '1,5GB'])('%j is refused, and what is accepted is named', (text) => {
    expect(() => parseSize(text)).toThrow(/512MB/);
  });
});
