import { expect, it } from 'vitest';
import { formatSize } from './size.js';

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
