import { describe, expect, it } from 'vitest';
import { nameOfPattern } from './name-of-pattern.js';

describe('nameOfPattern', () => {
  it('is the text itself, or JSON', () => {
    expect(nameOfPattern('double')).toBe('double');
    expect(nameOfPattern({ cmd: 'double' })).toBe('{"cmd":"double"}');
    expect(nameOfPattern(7)).toBe('7');
  });

  it('is none for what JSON cannot say', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const pattern of [undefined, Symbol('own'), 7n, circle, () => 'double']) {
      expect(nameOfPattern(pattern)).toBeUndefined();
    }
  });
});
