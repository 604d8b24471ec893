/** Pairs of a bucket's number and how many durations fell into it, in order. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];

/** Buckets of equal width to each power of two. The layout is public (docs/file-format.md, `buckets`). */
const BUCKETS_PER_OCTAVE = 32;

/** The logarithm of the durations of a bucket, but for a constant. */
export function logarithmOf(bucket: number): number {
  const within = (bucket % BUCKETS_PER_OCTAVE) / BUCKETS_PER_OCTAVE;
  return (Math.floor(bucket / BUCKETS_PER_OCTAVE) + Math.log2(1 + within)) * Math.LN2;
}

/** The bucket with the quantile of both samples together. */
export function pooledQuantile(first: Buckets, second: Buckets, quantile: number): number {
  const all = [...first, ...second].sort(([one], [other]) => one - other);
  const rank = all.reduce((sum, [, count]) => sum + count, 0) * quantile;
  let below = 0;
  for (const [bucket, count] of all) {
    below += count;
    if (below >= rank) return bucket;
  }
  return 0;
}

/** Counts the durations in larger buckets. */
export function countBeyond(buckets: Buckets, border: number): number {
  return buckets.reduce((sum, [bucket, count]) => (bucket > border ? sum + count : sum), 0);
}
