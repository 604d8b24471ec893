import { describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import { distributionOf, distributionsOf, randomFrom, type TimedSpan } from './distribution.fixture.js';
import { normalFrom } from './load.fixture.js';

const MILLI = 1_000_000;

/** The number of runs, as a multiple of those that take a second or two. */
const LENGTH = process.env['FERRET_SOAK'] ? 10 : 1;

interface Load {
  readonly count: number;
  /** The slowness: 2 is twice as slow as usual. */
  readonly factor?: number;
  readonly errorShare?: number;
  /** The likeness of a latency to the one before, from 0 to 1. */
  readonly spells?: number;
}

/** Log-normal latencies around 10 ms, of which one in a hundred takes ten times as long. */
function* load(random: () => number, { count, factor = 1, errorShare = 0.01, spells = 0 }: Load): Generator<TimedSpan> {
  let mood = normalFrom(random);
  for (let at = 0; at < count; at++) {
    mood = spells * mood + Math.sqrt(1 - spells ** 2) * normalFrom(random);
    const tail = random() < 0.01 ? 10 : 1;
    yield { at: at / count, nanos: 10 * MILLI * Math.exp(0.5 * mood) * tail * factor, isError: random() < errorShare };
  }
}

const verdicts = (comparison: ReturnType<typeof compare>, name = 'a') =>
  Object.fromEntries(
    comparison.both.find((each) => each.name === name)?.changes.map(({ metric, verdict }) => [metric, verdict]) ?? [],
  );

describe('two halves of one steady run', { timeout: 60_000 }, () => {
  /** Counts the comparisons of 20 names in which a change is called. */
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
    return alarms;
  }

  it.each([
    ['30 spans a name', 20, { count: 30 }],
    ['300 spans a name', 10, { count: 300 }],
    ['3,000 spans a name', 2, { count: 3_000 }],
    ['300 spans, of which some ten in a row are alike', 20, { count: 300, spells: 0.9 }],
    ['3,000 spans, latencies in spells of some 40', 3, { count: 3_000, spells: 0.95 }],
    ['3,000 spans, in spells that take the 15th part of the time', 4, { count: 3_000, spells: 0.99 }],
  ])('never differ: %s, %d runs', (_, seeds, options) => {
    expect(falseAlarms(LENGTH * seeds, options)).toBe(0);
  });
});

describe('a change', () => {
  const steady = { count: 10_000 };
  const sides = (before: Load, after: Load) => {
    const random = randomFrom(7);
    return compare(
      distributionsOf(distributionOf('a', load(random, before)), distributionOf('b', load(random, steady))),
      distributionsOf(distributionOf('a', load(random, after)), distributionOf('b', load(random, steady))),
    );
  };

  it('of 20 % is found, for the worse and for the better', () => {
    const worse = sides(steady, { ...steady, factor: 1.2 });
    expect(verdicts(worse)).toMatchObject({ p50: 'worse', p95: 'worse', errors: 'unclear' });
    expect(worse.both.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(worse.both[0]?.extraNanos).toBeGreaterThan(10_000 * MILLI);
    const better = sides({ ...steady, factor: 1.2 }, steady);
    expect(verdicts(better)).toMatchObject({ p50: 'better', p95: 'better' });
    expect(better.both.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  it.each([
    [3_000, 1.3, 9],
    [5_000, 1.2, 6],
    [2_000, 1.3, 6],
  ])('of p95 of %d requests, times %d, is found among 20 names in at least %d of 10 runs', (count, factor, least) => {
    let found = 0;
    for (let seed = 1; seed <= LENGTH * 10; seed++) {
      const random = randomFrom(seed);
      const side = (of: Load) =>
        distributionsOf(
          distributionOf('a', load(random, of)),
          ...Array.from({ length: 19 }, (_, at) => distributionOf(`GET /${at}`, load(random, { count: 300 }))),
        );
      if (verdicts(compare(side({ count }), side({ count, factor })))['p95'] === 'worse') found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(LENGTH * least);
  });

  it('is found beside a busy name whose latencies come in spells', () => {
    const random = randomFrom(8);
    const calm = Array.from({ length: 9 }, (_, at) => `GET /${at}`);
    /** In a tenth of the time every request is slow, and many fail. */
    function* busy(): Generator<TimedSpan> {
      for (const span of load(random, { count: 10_000 })) {
        const isBad = span.at > 0.4 && span.at < 0.5;
        yield isBad ? { ...span, nanos: span.nanos * 8, isError: random() < 0.5 } : span;
      }
    }
    const side = (of: Load) =>
      distributionsOf(
        distributionOf('a', load(random, of)),
        distributionOf('busy', busy()),
        ...calm.map((name) => distributionOf(name, load(random, { count: 1_500 }))),
      );
    const comparison = compare(side({ count: 1_500 }), side({ count: 1_500, factor: 1.35, errorShare: 0.06 }));
    expect(verdicts(comparison)).toMatchObject({ p50: 'worse', p95: 'worse', errors: 'worse' });
    expect(verdicts(comparison, 'busy')).toMatchObject({ p50: 'unclear', p95: 'unclear', errors: 'unclear' });
  });

  it('R1: is not told from one moment: how much a name varies by itself is unknown', () => {
    const once = randomFrom(3);
    const burst = (factor: number) =>
      [...load(once, { count: 5_000, factor })].map((span) => ({ ...span, at: 0.25 + (span.at > 0.5 ? 0.1 : 0) }));
    const comparison = compare(
      distributionsOf(distributionOf('a', burst(1))),
      distributionsOf(distributionOf('a', burst(3))),
    );
    expect(new Set(Object.values(verdicts(comparison)))).toEqual(new Set(['too short']));
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
    expect(verdicts(sides({ count: 300 }, { count: 300, factor: 3 }))).toEqual({
      p50: 'worse',
      p95: 'worse',
      p99: 'too few',
      errors: 'unclear',
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
