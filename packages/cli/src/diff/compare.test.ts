import { describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import { distributionOf, distributionsOf, randomFrom, type TimedSpan } from './distribution.fixture.js';

const MILLI = 1_000_000;

interface Load {
  readonly count: number;
  /** How much slower than usual. */
  readonly factor?: number;
  readonly errorShare?: number;
  /** How much a latency is like the one before, from 0 to 1. */
  readonly spells?: number;
}

/** Log-normal latencies around 10 ms, of which one in a hundred takes ten times as long. */
function* load(random: () => number, { count, factor = 1, errorShare = 0.01, spells = 0 }: Load): Generator<TimedSpan> {
  let mood = 0;
  for (let at = 0; at < count; at++) {
    // Box and Muller (1958).
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    mood = spells * mood + Math.sqrt(1 - spells ** 2) * normal;
    const tail = random() < 0.01 ? 10 : 1;
    yield { at: at / count, nanos: 10 * MILLI * Math.exp(0.5 * mood) * tail * factor, isError: random() < errorShare };
  }
}

const verdicts = (comparison: ReturnType<typeof compare>, name = 'a') =>
  Object.fromEntries(
    comparison.both.find((each) => each.name === name)?.changes.map(({ metric, verdict }) => [metric, verdict]) ?? [],
  );

describe('two halves of one steady run', { timeout: 120_000 }, () => {
  /** The share of comparisons of 20 names in which anything at all is called a change. */
  function falseAlarms(seeds: number, options: Load): number {
    let alarms = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const random = randomFrom(seed);
      const side = () =>
        distributionsOf(...Array.from({ length: 20 }, (_, at) => distributionOf(`GET /${at}`, load(random, options))));
      const { both, tests } = compare(side(), side());
      expect(tests).toBeGreaterThan(20);
      if (both.some(({ changes }) => changes.some(({ verdict }) => verdict === 'worse' || verdict === 'better')))
        alarms += 1;
    }
    return alarms / seeds;
  }

  it.each([30, 300, 3_000])('differ in less than 1 of 100 runs: %d spans a name', (count) => {
    expect(falseAlarms(count > 1_000 ? 100 : 200, { count })).toBeLessThanOrEqual(0.01);
  });

  it('differ as seldom where latencies come in spells, of some 40 requests', () => {
    expect(falseAlarms(100, { count: 3_000, spells: 0.95 })).toBeLessThanOrEqual(0.01);
  });

  it('differ seldom even where a spell takes the tenth part of the time', () => {
    expect(falseAlarms(100, { count: 3_000, spells: 0.99 })).toBeLessThanOrEqual(0.03);
  });
});

describe('a change', () => {
  const random = randomFrom(7);
  const steady = { count: 10_000 };
  const sides = (before: Load, after: Load) =>
    compare(
      distributionsOf(distributionOf('a', load(random, before)), distributionOf('b', load(random, steady))),
      distributionsOf(distributionOf('a', load(random, after)), distributionOf('b', load(random, steady))),
    );

  it('of 20 % is found, for the worse and for the better', () => {
    const worse = sides(steady, { ...steady, factor: 1.2 });
    expect(verdicts(worse)).toMatchObject({ p50: 'worse', p95: 'worse', errors: 'steady' });
    expect(worse.both.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(worse.both[0]?.extraNanos).toBeGreaterThan(10_000 * MILLI);
    const better = sides({ ...steady, factor: 1.2 }, steady);
    expect(verdicts(better)).toMatchObject({ p50: 'better', p95: 'better' });
    expect(better.both.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it('below 5 % is none, however sure', () => {
    const large = { count: 100_000 };
    expect(verdicts(sides(large, { ...large, factor: 1.03 }))).toMatchObject({ p50: 'steady' });
    expect(verdicts(sides(large, { ...large, factor: 1.1 }))).toMatchObject({ p50: 'worse' });
  });

  it('of the share of errors is found, and comes first', () => {
    const comparison = sides(steady, { ...steady, errorShare: 0.05 });
    expect(verdicts(comparison)).toMatchObject({ p50: 'steady', errors: 'worse' });
    expect(comparison.both[0]?.name).toBe('a');
    expect(verdicts(sides({ ...steady, errorShare: 0 }, { ...steady, errorShare: 0.02 }))).toMatchObject({
      errors: 'worse',
    });
  });

  it('is not told from too few spans', () => {
    const few = { count: 19, factor: 1 };
    expect(verdicts(sides(few, { ...few, factor: 9 }))).toEqual({
      p50: 'too few',
      p95: 'too few',
      p99: 'too few',
      errors: 'too few',
    });
    expect(verdicts(sides({ count: 200 }, { count: 200, factor: 3 }))).toEqual({
      p50: 'worse',
      p95: 'worse',
      p99: 'too few',
      errors: 'steady',
    });
  });
});

it('names of one side only are told apart', () => {
  const name = (text: string) => distributionOf(text, [{ at: 0, nanos: MILLI }]);
  const { both, added, gone, tests } = compare(
    distributionsOf(name('a'), name('b')),
    distributionsOf(name('b'), name('c')),
  );
  expect([both, gone, added].map((names) => names.map((each) => each.name))).toEqual([['b'], ['a'], ['c']]);
  expect(tests).toBe(0);
});
