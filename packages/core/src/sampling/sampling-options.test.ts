import { describe, expect, it } from 'vitest';
import { FerretError } from '../errors.js';
import { accept } from '../option-rules.js';
import { resolveSampling, SAMPLING_RULES, type SamplingOptions } from './sampling-options.js';

const resolve = (options: SamplingOptions, environment = {}) =>
  resolveSampling(accept(options, SAMPLING_RULES, environment));

function problem(options: unknown, environment = {}): string {
  try {
    resolve(options as SamplingOptions, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(FerretError);
    expect((error as FerretError).code).toBe('INVALID_OPTION');
    return (error as FerretError).message;
  }
  throw new Error('the options were accepted');
}

const rules = (...list: unknown[]) => ({ rules: list });

describe('sampling options', () => {
  it('are all optional', () => {
    expect(resolve({})).toEqual({
      maxSpansPerSecond: 1_000,
      ceilingSpansPerSecond: 10_000,
      keepSlowerThanMillis: undefined,
      rules: [],
      maxChildSpans: 512,
      keepHealthChecks: false,
    });
    expect(resolve({ maxSpansPerSecond: Number.POSITIVE_INFINITY }).ceilingSpansPerSecond).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('may come from the environment', () => {
    expect(
      resolve(
        {},
        {
          FERRET_MAX_SPANS_PER_SECOND: 'Infinity',
          FERRET_RULES: '[{"route": "/poll", "maxSpansPerSecond": 1}]',
          FERRET_KEEP_SLOWER_THAN_MILLIS: '250',
          FERRET_KEEP_HEALTH_CHECKS: 'true',
        },
      ),
    ).toMatchObject({
      maxSpansPerSecond: Number.POSITIVE_INFINITY,
      rules: [{ route: '/poll', maxSpansPerSecond: 1 }],
      keepSlowerThanMillis: 250,
      keepHealthChecks: true,
    });
  });

  it('are copied and frozen', () => {
    const rule = { route: '/poll' };
    const resolved = resolve(rules(rule) as SamplingOptions);
    rule.route = '/other';
    expect(resolved.rules).toEqual([{ route: '/poll' }]);
    expect([resolved, resolved.rules, resolved.rules[0]].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    [
      { maxSpansPerSecond: -1 },
      /maxSpansPerSecond got -1, and accepts a number above 0 and up to 1000000, or Infinity/,
    ],
    [{ maxSpansPerSecond: 0 }, /maxSpansPerSecond got 0/],
    [{ maxSpansPerSecond: Number.NaN }, /maxSpansPerSecond got NaN/],
    [{ maxSpansPerSecond: 1e12 }, /maxSpansPerSecond got 1000000000000/],
    [{ maxSpansPerSecond: '100' }, /maxSpansPerSecond got "100"/],
    [{ ceilingSpansPerSecond: Number.NaN }, /ceilingSpansPerSecond got NaN/],
    [
      { maxSpansPerSecond: 10, ceilingSpansPerSecond: 9 },
      /ceilingSpansPerSecond got 9, and accepts no less than .* 10/,
    ],
    [{ maxSpansPerSecond: Number.POSITIVE_INFINITY, ceilingSpansPerSecond: 9 }, /no less than/],
    [{ keepSlowerThanMillis: 0 }, /keepSlowerThanMillis got 0, and accepts a number above 0/],
    [{ keepHealthChecks: 1 }, /keepHealthChecks got 1, and accepts true or false/],
    [{ rules: {} }, /rules got an object, and accepts a list of rules such as/],
    [rules('/poll'), /rules\[0\] is not an object with route, maxSpansPerSecond, keepSlowerThanMillis/],
    [rules({ route: '/a' }, null), /rules\[1\] is not an object/],
    [rules({}), /rules\[0\]\.route got undefined, and accepts a route/],
    [rules({ route: ' ' }), /rules\[0\]\.route got " ", and accepts a route such as/],
    [rules({ route: 5 }), /rules\[0\]\.route got 5/],
    [
      rules({ route: '/a', maxSpanPerSecond: 1 }),
      /rules\[0\] has no option maxSpanPerSecond\. Its options are route, /,
    ],
    [
      rules({ route: '/a', maxSpansPerSecond: -1 }),
      /rules\[0\]\.maxSpansPerSecond got -1, and accepts a number from 0/,
    ],
    [rules({ route: '/a', maxSpansPerSecond: Number.NaN }), /maxSpansPerSecond got NaN/],
    [rules({ route: '/a', keepSlowerThanMillis: '9' }), /keepSlowerThanMillis got "9", and accepts a number above 0/],
  ])('refuse %j', (options, message) => {
    expect(problem(options)).toMatch(message);
  });

  it('refuse too many rules', () => {
    const many = Array.from({ length: 1_001 }, (_, index) => ({ route: `/${index}` }));
    expect(problem({ rules: many })).toMatch(/rules has 1001 rules, and accepts at most 1000/);
  });

  it('refuse invalid values from the environment, naming the variable', () => {
    expect(problem({}, { FERRET_MAX_SPANS_PER_SECOND: 'many' })).toMatch(/FERRET_MAX_SPANS_PER_SECOND is "many"/);
    expect(problem({}, { FERRET_RULES: '[' })).toMatch(/FERRET_RULES/);
  });

  it.each([
    ['/a', '/a'],
    ['/a', 'GET /a'],
    ['/a/*', '/a/b'],
    ['/a/b/c', '/a/*'],
    ['/a/*', '/a/b/*'],
    ['*', '/a'],
    ['POST /a/*', 'POST /a/:id'],
    ['*', 'import'],
  ])('refuse rules that match the same route: %s and %s', (first, second) => {
    const message = problem(rules({ route: first }, { route: second }));
    expect(message).toContain(`rules[0] ("${first}") and rules[1] ("${second}") match the same route`);
  });

  it('accept rules that match different routes', () => {
    const routes = ['/a', '/a/', '/b/*', 'GET /c', 'POST /c', 'import', 'send mail', '/B/x', 'get /b/x'];
    expect(resolve(rules(...routes.map((route) => ({ route }))) as SamplingOptions).rules).toHaveLength(9);
  });
});
