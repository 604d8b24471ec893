import { describe, expect, it } from 'vitest';
import { type Change, type Comparison, compare } from './compare.js';
import { distributionOf, distributionsOf, randomFrom } from './distribution.fixture.js';
import { judgeRules } from './fail-on.js';
import { type FailRule, parseFailRule } from './fail-rule.js';

const rulesOf = (...texts: string[]) => texts.map((text) => parseFailRule(text) as FailRule);

describe('a rule of --fail-on', () => {
  it('is a metric and by how much it may rise', () => {
    expect(parseFailRule('p95>20%')).toEqual({ text: 'p95>20%', metric: 'p95', limit: 0.2, unit: 'ratio' });
    expect(parseFailRule(' p99 > 1.5 ms ')).toMatchObject({ text: 'p99 > 1.5 ms', limit: 1.5e6, unit: 'nanos' });
    expect(parseFailRule('p50>1s')).toMatchObject({ metric: 'p50', limit: 1e9, unit: 'nanos' });
    expect(parseFailRule('errors>0.5%')).toMatchObject({ metric: 'errors', limit: 0.005, unit: 'points' });
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
    expect(parseFailRule(text)).toBeUndefined();
  });
});

describe('failures', () => {
  const change = (metric: Change['metric'], before: number, after: number, verdict: Change['verdict']): Change => ({
    metric,
    before,
    after,
    verdict,
    chance: 0,
    wanders: false,
  });
  const comparison = (...changes: Change[]) =>
    ({ both: [{ name: 'a', changes }], added: [], gone: [], tests: 1 }) as unknown as Comparison;

  it('are changes for the worse beyond the limit', () => {
    const rules = rulesOf('p95>20%', 'p95>5ms', 'errors>1%');
    const fails = (...changes: Change[]) =>
      judgeRules(rules, comparison(...changes)).flatMap(({ rule, failed }) => failed.map(() => rule.text));
    expect(fails(change('p95', 10e6, 12.1e6, 'worse'))).toEqual(['p95>20%']);
    expect(fails(change('p95', 10e6, 16e6, 'worse'))).toEqual(['p95>20%', 'p95>5ms']);
    expect(fails(change('p95', 10e6, 16e6, 'unclear'), change('p50', 1, 9, 'worse'))).toEqual([]);
    expect(fails(change('errors', 0.01, 0.019, 'worse'))).toEqual([]);
    expect(fails(change('errors', 0.01, 0.021, 'worse'))).toEqual(['errors>1%']);
  });
});

describe('R2: a name that is gone', () => {
  const name = (text: string, count: number) =>
    distributionOf(
      text,
      Array.from({ length: count }, (_, at) => ({ at: at / count, nanos: 1_000 * (at + 1), isError: false })),
    );
  const unjudged = (before: Parameters<typeof distributionsOf>, after: Parameters<typeof distributionsOf>) =>
    judgeRules(rulesOf('p95>20%'), compare(distributionsOf(...before), distributionsOf(...after))).flatMap(
      (judgement) => judgement.unjudged.map((each) => each.name),
    );

  it('is not judged where it had enough spans, or where no other is left', () => {
    expect(unjudged([name('a', 300), name('b', 300), name('c', 9)], [name('a', 300)])).toEqual(['b']);
    expect(unjudged([name('c', 9)], [name('a', 300)])).toEqual(['c']);
    expect(
      judgeRules(rulesOf('p95>20%'), compare(distributionsOf(name('c', 9)), distributionsOf()))[0]?.unjudged,
    ).toEqual([{ name: 'c', reason: 'no span after' }]);
  });
});

describe('R2: each name on both sides', () => {
  const MILLI = 1_000_000;
  const random = randomFrom(11);
  const spans = (count: number, factor: number, last = 1) =>
    Array.from({ length: count }, (_, at) => ({
      at: (at / count) * last,
      nanos: MILLI * factor * (1 + random()),
      isError: at % 50 === 0,
    }));
  const side = (factor: number) =>
    distributionsOf(
      distributionOf('GET /busy', spans(5_000, 1)),
      distributionOf('GET /slower', spans(5_000, factor)),
      distributionOf('GET /report', spans(150, factor)),
      distributionOf('GET /rare', spans(5, factor)),
      distributionOf('POST /once', spans(5_000, factor, 0.15)),
      ...Array.from({ length: 9 }, (_, at) => distributionOf(`GET /few/${at}`, spans(10, 1))),
    );
  const comparison = compare(side(1), side(10));

  it.each(['p50>20%', 'p95>20%', 'p99>1ms', 'errors>1%', 'p95>2000%'])('passes %s, fails it, or is named', (text) => {
    const [judgement] = judgeRules(rulesOf(text), comparison);
    const { passed = [], failed = [], unjudged = [] } = judgement ?? {};
    const named = [...passed, ...[...failed, ...unjudged].map(({ name }) => name)];
    expect(named.sort()).toEqual(comparison.both.map(({ name }) => name).sort());
    expect(unjudged.map(({ name }) => name)).toEqual(expect.arrayContaining(['GET /rare', 'POST /once', 'GET /few/0']));
    expect(passed).toContain('GET /busy');
  });

  it('is named with the reason', () => {
    const [judgement] = judgeRules(rulesOf('p95>20%'), comparison);
    const reasons = Object.fromEntries(judgement?.unjudged.map(({ name, reason }) => [name, reason]) ?? []);
    expect(reasons).toMatchObject({
      'GET /report': '150 spans; p95 takes 200',
      'GET /rare': '5 spans; p95 takes 200',
      'POST /once': 'spans in 2 moments; it takes 3',
    });
  });

  it('is not judged where a rise beyond the limit may be chance', () => {
    const few = (factor: number) => distributionsOf(distributionOf('a', spans(40, factor)));
    const hidden = compare(few(1), few(1.1));
    expect(hidden.both[0]?.changes[0]).toMatchObject({ metric: 'p50', verdict: 'unclear' });
    expect(judgeRules(rulesOf('p50>1%'), hidden)[0]?.unjudged).toEqual([
      { name: 'a', reason: expect.stringMatching(/^\+\d+(\.\d)? %, perhaps by chance$/) },
    ]);
    expect(judgeRules(rulesOf('p50>80%'), hidden)[0]?.passed).toEqual(['a']);
  });
});
