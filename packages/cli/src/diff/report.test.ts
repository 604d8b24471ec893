import { describe, expect, it } from 'vitest';
import { failRule } from '../options/comparison.js';
import { describeUnjudged } from './report.js';

describe('a rule of --fail-on', () => {
  it('is collected with those before', () => {
    expect(failRule('errors>1%', failRule('p95>20%')).map(({ text }) => text)).toEqual(['p95>20%', 'errors>1%']);
  });

  it('that is none is refused with the forms there are', () => {
    expect(() => failRule('p95<20%')).toThrow(/"p95>20%", "p99>50ms" or "errors>1%"/);
  });
});

describe('R2: names that a rule could not be judged for', () => {
  const describeNames = (...names: string[]) =>
    describeUnjudged({ rule: 'p95>20%', unjudged: names.map((name) => ({ name, reason: 'no span after' })) });

  it('are listed with the reason, a few of many, each of them short', () => {
    expect(describeNames('n'.repeat(5_000))).toBe(`p95>20% could not be judged for ${'n'.repeat(79)}… (no span after)`);
    expect(describeNames(...'abcdefghijkl')).toMatch(
      /^p95>20% could not be judged for (.+ \(.+\)(, | and )){5}7 others$/,
    );
  });

  it('are not told of where there is none', () => {
    expect(describeNames()).toBeUndefined();
  });
});
