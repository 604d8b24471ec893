import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBuckets,
  BUCKETS,
  bucketCounts,
  bucketOf,
  bucketStart,
  decodeBuckets,
  encodeBuckets,
  Histogram,
} from './histogram.js';

const MICROSECOND = 1_000;
const HOUR = 3_600_000_000_000;
const PERCENTILES = [1, 25, 50, 75, 90, 95, 99, 99.9, 100];

/** Number of values that the property test compares; millions in a soak. */
const VALUES = Number(process.env['FERRET_SOAK'] ?? 0) > 0 ? 5_000_000 : 200_000;

function histogramOf(values: Iterable<number>): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The exact percentile, by nearest rank. */
function truePercentile(sorted: ArrayLike<number>, percent: number): number {
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1]!;
}

/** Any duration from a microsecond to an hour; every magnitude is equally likely. */
const duration = () =>
  fc
    .double({ min: Math.log(MICROSECOND), max: Math.log(HOUR), noNaN: true })
    .map((exponent) => Math.min(HOUR, Math.max(MICROSECOND, Math.round(Math.exp(exponent)))));

describe('a histogram', () => {
  it('is right to 2 % at every percentile, from a microsecond to an hour', () => {
    fc.assert(
      fc.property(fc.array(duration(), { minLength: 1, maxLength: 500 }), (values) => {
        const histogram = histogramOf(values);
        const sorted = values.toSorted((a, b) => a - b);
        for (const percent of PERCENTILES) {
          const expected = truePercentile(sorted, percent);
          expect(Math.abs(histogram.percentile(percent) - expected)).toBeLessThanOrEqual(expected * 0.02);
        }
      }),
    );
  });

  it(`is right to 2 % for ${VALUES.toLocaleString('en')} values with a long tail`, () => {
    const values = new Float64Array(VALUES);
    let seed = 42;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed + 1) / 2 ** 32;
    };
    for (let index = 0; index < VALUES; index++) values[index] = Math.round(MICROSECOND + 2e5 / random() ** 1.2);
    const histogram = histogramOf(values);
    const sorted = values.slice().sort();
    for (const percent of PERCENTILES) {
      const expected = truePercentile(sorted, percent);
      expect(Math.abs(histogram.percentile(percent) - expected) / expected).toBeLessThanOrEqual(0.02);
    }
    expect(histogram.count).toBe(VALUES);
    expect(histogram.sumNanos).toBe(values.reduce((sum, value) => sum + value, 0));
  });

  it('keeps count, sum, smallest and largest exactly, also of durations outside the scale', () => {
    const histogram = histogramOf([0, 3, 5 * HOUR, 2 * HOUR]);
    expect(histogram).toMatchObject({ count: 4, sumNanos: 7 * HOUR + 3, minNanos: 0, maxNanos: 5 * HOUR });
    expect(histogram.percentile(0)).toBe(0);
    expect(histogram.percentile(100)).toBe(5 * HOUR);
    expect(histogram.percentile(75)).toBeGreaterThan(HOUR);
    expect(histogram.percentile(75)).toBeLessThanOrEqual(5 * HOUR);
  });

  it('returns 0 while it is empty', () => {
    expect(new Histogram().percentile(99)).toBe(0);
    expect(new Histogram().buckets()).toEqual([]);
  });

  it('merges: two halves give the same results as the whole', () => {
    fc.assert(
      fc.property(fc.array(duration(), { minLength: 1 }), fc.array(duration()), (some, others) => {
        const whole = histogramOf([...some, ...others]);
        const merged = histogramOf(some);
        const half = histogramOf(others);
        const text = encodeBuckets(half.buckets());
        merged.merge(half.count, half.sumNanos, half.minNanos, half.maxNanos, decodeBuckets(text));
        expect(merged.buckets()).toEqual(whole.buckets());
        for (const field of ['count', 'sumNanos', 'minNanos', 'maxNanos'] as const) {
          expect(merged[field]).toBe(whole[field]);
        }
      }),
    );
  });
});

describe('buckets', () => {
  it('have the bounds that docs/file-format.md states', () => {
    fc.assert(
      fc.property(duration(), (nanos) => {
        const bucket = bucketOf(nanos);
        expect(bucketStart(bucket)).toBeLessThanOrEqual(nanos);
        expect(bucketStart(bucket + 1)).toBeGreaterThan(nanos);
      }),
    );
    expect(bucketOf(512)).toBe(0);
    expect(bucketOf(1_000_000)).toBe(349);
    expect(bucketStart(349)).toBe(2 ** 19 * (1 + 29 / 32));
  });

  it('at the ends of the scale also count durations beyond them', () => {
    expect([0, 1, 511].map(bucketOf)).toEqual([0, 0, 0]);
    expect([2 ** 42, 1e300, Number.POSITIVE_INFINITY].map(bucketOf)).toEqual([1055, 1055, 1055]);
  });

  it('are written as pairs, without the empty ones', () => {
    const histogram = histogramOf([1_000_000, 1_000_000, 512]);
    expect(encodeBuckets(histogram.buckets())).toBe('[[0,1],[349,2]]');
  });

  it.each(['', 'null', '{}', '[1,2]', '[[1]]', '[[-1,2]]', '[[1.5,2]]', '[[4000,2]]', '[["1",2]]', '[[1,"x"]]', '[[1'])(
    'that make no sense are left out: %s',
    (text) => expect(decodeBuckets(text)).toEqual([]),
  );
});

describe('concatenated columns of buckets', () => {
  const read = (text: string) => {
    const counters = new Float64Array(BUCKETS);
    addBuckets(counters, text);
    return bucketCounts(counters);
  };

  it('add up', () => {
    expect(read('[[0,1],[352,12]],[[352,3],[1055,4]]')).toEqual([
      [0, 1],
      [352, 15],
      [1_055, 4],
    ]);
    expect(read('')).toEqual([]);
  });

  it('give the same counts as one by one', () => {
    const histogram = new Histogram();
    for (let index = 0; index < 1_000; index++) histogram.record(index * index * 1_000);
    expect(read(encodeBuckets(histogram.buckets()))).toEqual(histogram.buckets());
  });

  it('lose only the pairs that are not valid', () => {
    for (const damaged of [
      'x',
      '[[1',
      '[[1056,1]]',
      '[[-1,1]]',
      '[[1,0]]',
      '[1,2',
      '{"1":2}',
      '[[1,,2]]',
      '[["1",2]]',
      '[[1.5,2]]',
    ]) {
      expect(read(`${damaged},[[7,8]]`), damaged).toContainEqual([7, 8]);
    }
  });
});
