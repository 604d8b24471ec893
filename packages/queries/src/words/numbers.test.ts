import { describe, expect, it } from 'vitest';
import { formatCount, formatPercent, formatRate } from './numbers.js';

describe('numbers in words', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [-12_345, '-12,345'],
    [1_234_567.6, '1,234,568'],
  ])('the count %d is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.00001, '<0.01 %'],
    [0.0012, '0.12 %'],
    [0.00999, '1.0 %'],
    [0.012, '1.2 %'],
    [0.0999, '10 %'],
    [0.12, '12 %'],
    [0.996, '99.6 %'],
    [0.9999, '>99.9 %'],
    [1, '100 %'],
  ])('the share %d is %s', (share, text) => {
    expect(formatPercent(share)).toBe(text);
  });

  it.each([
    [0.1451, '14.5 %'],
    [0.01451, '1.45 %'],
    [0.001451, '0.145 %'],
    [0.999, '99.9 %'],
    [1, '100 %'],
  ])('the share %d in three digits is %s', (share, text) => {
    expect(formatPercent(share, 3)).toBe(text);
  });

  it.each([
    [0, '0.00/s'],
    [0.001, '<0.01/s'],
    [0.05, '0.05/s'],
    [9.996, '10.0/s'],
    [9_800.4, '9,800/s'],
  ])('the rate %d is %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});
