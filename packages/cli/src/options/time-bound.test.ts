import { expect, it } from 'vitest';
import { parseTimeBound } from './time-bound.js';

const NOW = Date.UTC(2026, 0, 31, 12);
const bound = (text: string) => parseTimeBound(text, NOW);

it('reads how long ago', () => {
  for (const [text, seconds] of [
    ['90s', 90],
    ['15m', 900],
    ['2h', 7_200],
    ['7d', 604_800],
    ['0s', 0],
  ] as const) {
    expect(bound(text)).toBe((NOW - seconds * 1_000) * 1_000);
  }
});

it('reads ISO times, in the zone of who asks where they name none', () => {
  expect(bound('2026-01-31T14:03:22Z')).toBe(Date.UTC(2026, 0, 31, 14, 3, 22) * 1_000);
  expect(bound('2026-01-31T14:03:22.5+01:00')).toBe(Date.UTC(2026, 0, 31, 13, 3, 22, 500) * 1_000);
  expect(bound('2026-01-31')).toBe(new Date(2026, 0, 31).getTime() * 1_000);
  expect(bound('2026-01-31T14:03')).toBe(new Date(2026, 0, 31, 14, 3).getTime() * 1_000);
  expect(bound('2026-01-31 14:03:22')).toBe(new Date(2026, 0, 31, 14, 3, 22).getTime() * 1_000);
});

it.each([
  '',
  'yesterday',
  '15',
  '15 m',
  '-15m',
  '15w',
  '2026',
  '2026-13-01',
  '2026-02-30',
  '2026-01-31T25:00',
  '1e3s',
  "1' OR 1=1",
])('takes %j for neither', (text) => {
  expect(bound(text)).toBeUndefined();
});
