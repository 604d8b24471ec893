import { describe, expect, it } from 'vitest';
import type { Change, Comparison } from './compare.js';
import { failRule, findFailures, findIdleRules } from './fail-on.js';

describe('a rule of --fail-on', () => {
  it('is a metric and by how much it may rise', () => {
    expect(failRule('p95>20%')).toEqual([{ text: 'p95>20%', metric: 'p95', limit: 0.2, unit: 'ratio' }]);
    expect(failRule(' p99 > 1.5 ms ')).toMatchObject([{ text: 'p99 > 1.5 ms', limit: 1.5e6, unit: 'nanos' }]);
    expect(failRule('errors>0.5%', failRule('p50>1s'))).toMatchObject([
      { metric: 'p50', limit: 1e9, unit: 'nanos' },
      { metric: 'errors', limit: 0.005, unit: 'points' },
    ]);
  });

  it.each([
    '',
    'p95',
    'p95>',
    'p95>20',
    'p95<20%',
    'p42>1%',
    'p95>-1%',
    'errors>5ms',
    'p95>1e3%',
    'p95>20%; DROP TABLE',
  ])('is not %j', (text) => {
    expect(() => failRule(text)).toThrow(/"p95>20%", "p99>50ms" or "errors>1%"/);
  });
});

describe('failures', () => {
  const change = (metric: Change['metric'], before: number, after: number, verdict: Change['verdict']): Change => ({
    metric,
    before,
    after,
    verdict,
    chance: 0,
  });
  const comparison = (...changes: Change[]) =>
    ({ both: [{ name: 'a', changes }], added: [], gone: [], tests: 1 }) as unknown as Comparison;

  it('are changes for the worse beyond the limit', () => {
    const rules = failRule('errors>1%', failRule('p95>5ms', failRule('p95>20%')));
    const fails = (...changes: Change[]) => findFailures(rules, comparison(...changes)).map(({ rule }) => rule.text);
    expect(fails(change('p95', 10e6, 12.1e6, 'worse'))).toEqual(['p95>20%']);
    expect(fails(change('p95', 10e6, 16e6, 'worse'))).toEqual(['p95>20%', 'p95>5ms']);
    expect(fails(change('p95', 10e6, 16e6, 'steady'), change('p50', 1, 9, 'worse'))).toEqual([]);
    expect(fails(change('errors', 0.01, 0.019, 'worse'))).toEqual([]);
    expect(fails(change('errors', 0.01, 0.021, 'worse'))).toEqual(['errors>1%']);
  });

  it('cannot be told where there are too few spans', () => {
    const rules = failRule('p99>1%', failRule('p50>1%'));
    const idle = findIdleRules(rules, comparison(change('p50', 1, 1, 'steady'), change('p99', 1, 1, 'too few')));
    expect(idle.map(({ text }) => text)).toEqual(['p99>1%']);
  });
});
