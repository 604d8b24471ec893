/**
 * The buckets form a log-linear scale: 32 of equal width for each power of two, from 2^9 ns (512 ns) to 2^42 ns (73
 * minutes). The middle of a bucket represents it, so the error is at most 1/64 (1.6 %). The layout is public, because
 * it defines the column `buckets` (docs/file-format.md), and must therefore never change.
 */
const BUCKETS_PER_OCTAVE = 32;
const FIRST_EXPONENT = 9;
const OCTAVES = 33;
/** Number of buckets. */
export const BUCKETS = OCTAVES * BUCKETS_PER_OCTAVE;
const LAST_BUCKET = BUCKETS - 1;

/**
 * The bits of a double contain the bucket: the exponent is the power of two, and the next five bits are the bucket
 * within it. Reading them takes 2 ns; `Math.log2` takes 20 ns.
 */
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
const HIGH_WORD = words[1] === 0 ? 0 : 1;
const BITS_BELOW_BUCKET = 15;
const BITS_OF_FIRST_BUCKET = (1023 + FIRST_EXPONENT) * BUCKETS_PER_OCTAVE;

/** Returns the bucket of a duration. Durations outside the scale belong to the first or the last bucket. */
export function bucketOf(nanos: number): number {
  float[0] = nanos;
  const bucket = (words[HIGH_WORD]! >>> BITS_BELOW_BUCKET) - BITS_OF_FIRST_BUCKET;
  if (bucket < 0) return 0;
  return bucket > LAST_BUCKET ? LAST_BUCKET : bucket;
}

/** Returns the shortest duration of a bucket, in nanoseconds. */
export function bucketStart(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  return (BUCKETS_PER_OCTAVE + (bucket % BUCKETS_PER_OCTAVE)) * 2 ** (FIRST_EXPONENT - 5 + octave);
}

/**
 * The distribution of durations, in nanoseconds. Count, sum, smallest and largest are exact; percentiles have an error
 * of at most 1.6 % from a microsecond to an hour. Holds counters only for the range of durations it has seen.
 */
export class Histogram {
  count = 0;
  sumNanos = 0;
  minNanos = Number.POSITIVE_INFINITY;
  maxNanos = 0;
  /** Counters of the buckets from `#first` on, in whole octaves, so that the array seldom grows. */
  #counters: number[] = [];
  #first = 0;

  record(nanos: number): void {
    this.count++;
    this.sumNanos += nanos;
    if (nanos < this.minNanos) this.minNanos = nanos;
    if (nanos > this.maxNanos) this.maxNanos = nanos;
    const bucket = bucketOf(nanos);
    const at = bucket - this.#first;
    if (at >= 0 && at < this.#counters.length) this.#counters[at]!++;
    else this.#add(bucket, 1);
  }

  /** Adds the counts of another histogram, or of a row of `ferret_routes_v1`. */
  merge(count: number, sumNanos: number, minNanos: number, maxNanos: number, buckets: BucketCounts): void {
    this.count += count;
    this.sumNanos += sumNanos;
    if (minNanos < this.minNanos) this.minNanos = minNanos;
    if (maxNanos > this.maxNanos) this.maxNanos = maxNanos;
    for (const [bucket, counted] of buckets) this.#add(bucket, counted);
  }

  /** Returns the buckets with a count above 0, in order. */
  buckets(): BucketCounts {
    const filled: [number, number][] = [];
    const counters = this.#counters;
    for (let at = 0; at < counters.length; at++) {
      if (counters[at] !== 0) filled.push([this.#first + at, counters[at]!]);
    }
    return filled;
  }

  /** Returns the percentile in nanoseconds, by nearest rank; 0 if the histogram is empty. */
  percentile(percent: number): number {
    if (this.count === 0) return 0;
    const rank = Math.ceil((this.count * percent) / 100);
    if (rank <= 1) return this.minNanos;
    if (rank >= this.count) return this.maxNanos;
    const counters = this.#counters;
    let below = 0;
    for (let at = 0; at < counters.length; at++) {
      below += counters[at]!;
      if (below >= rank) return this.#middleOf(this.#first + at);
    }
    return this.maxNanos;
  }

  #middleOf(bucket: number): number {
    const middle = (bucketStart(bucket) + bucketStart(bucket + 1)) / 2;
    return Math.round(Math.min(Math.max(middle, this.minNanos), this.maxNanos));
  }

  #add(bucket: number, count: number): void {
    const end = this.#first + this.#counters.length;
    if (bucket < this.#first || bucket >= end) this.#growTo(bucket);
    this.#counters[bucket - this.#first]! += count;
  }

  #growTo(bucket: number): void {
    const octave = bucket - (bucket % BUCKETS_PER_OCTAVE);
    const isEmpty = this.#counters.length === 0;
    const first = isEmpty ? octave : Math.min(this.#first, octave);
    const end = Math.max(this.#first + this.#counters.length, octave + BUCKETS_PER_OCTAVE);
    const counters = new Array<number>(end - first).fill(0);
    for (let at = 0; at < this.#counters.length; at++) counters[this.#first + at - first] = this.#counters[at]!;
    this.#counters = counters;
    this.#first = first;
  }
}

/** Pairs of the number of a bucket and its count. */
export type BucketCounts = readonly (readonly [bucket: number, count: number])[];

/** Writes the column `buckets`: a JSON array of pairs, such as `[[352,12],[353,7]]`. */
export function encodeBuckets(buckets: BucketCounts): string {
  return JSON.stringify(buckets);
}

/** Reads the column `buckets`. Other programs may write to the file, so pairs that are not valid are ignored. */
export function decodeBuckets(text: string): BucketCounts {
  const value: unknown = parse(text);
  return Array.isArray(value) ? value.filter(isBucketCount) : [];
}

/**
 * Adds the counts in concatenated columns `buckets` to an array of all counters. Parsing them as JSON would make an
 * array for each pair, which takes five times as long for a day of many routes. Pairs that are not valid are ignored.
 */
export function addBuckets(counters: Float64Array, columns: string): void {
  let [bucket, number] = [-1, -1];
  for (let at = 0; at < columns.length; at++) {
    const code = columns.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      number = (number < 0 ? 0 : number * 10) + code - ZERO;
    } else if (code === COMMA) {
      [bucket, number] = [number, -1];
    } else {
      if (code === CLOSING && bucket >= 0 && bucket <= LAST_BUCKET && number > 0) counters[bucket]! += number;
      [bucket, number] = [-1, -1];
    }
  }
}

const [ZERO, NINE, COMMA, CLOSING] = ['0', '9', ',', ']'].map((character) => character.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

/** Returns the counters above 0 as pairs. */
export function bucketCounts(counters: Float64Array): BucketCounts {
  const filled: [number, number][] = [];
  for (let bucket = 0; bucket < counters.length; bucket++) {
    if (counters[bucket] !== 0) filled.push([bucket, counters[bucket]!]);
  }
  return filled;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isBucketCount(value: unknown): value is [number, number] {
  if (!Array.isArray(value)) return false;
  const [bucket, count] = value as unknown[];
  return Number.isInteger(bucket) && Number(bucket) >= 0 && Number(bucket) <= LAST_BUCKET && Number(count) > 0;
}
