import { describe, expect, it } from 'vitest';
import { formatDuration, formatSize } from './units.js';

describe('formatDuration', () => {
  it.each([
    [0, '0 ns'],
    [7, '7 ns'],
    [999, '999 ns'],
    [999.6, '1.00 us'],
    [1_000, '1.00 us'],
    [81_240, '81.2 us'],
    [812_000, '812 us'],
    [999_499, '999 us'],
    [999_500, '1.00 ms'],
    [3_420_000, '3.42 ms'],
    [9_995_000, '10.0 ms'],
    [99_950_000, '100 ms'],
    [1_200_000_000, '1.20 s'],
    [599_000_000_000, '599 s'],
    [600_000_000_000, '10.0 min'],
    [36_000_000_000_000, '10.0 h'],
    [3_600_000_000_000_000, '1000 h'],
  ])('writes %d ns as %s', (nanos, text) => {
    expect(formatDuration(nanos)).toBe(text);
  });

  it('shows what is no duration as it is', () => {
    expect(formatDuration(Number.NaN)).toBe('NaN ns');
  });
});

it.each([
  [0, '0 bytes'],
  [812, '812 bytes'],
  [1_000, '0.98 KB'],
  [1_024, '1.00 KB'],
  [12_800, '12.5 KB'],
  [150 * 1024 * 1024, '150 MB'],
  [3 * 1024 ** 4, '3.00 TB'],
  [5_000 * 1024 ** 4, '5000 TB'],
])('shows %d bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
