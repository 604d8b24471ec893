/** What `ferret diff` compares of every name. */
export const METRICS = ['p50', 'p95', 'p99', 'errors'] as const;

export type Metric = (typeof METRICS)[number];

/** Percentiles, as parts of 1. */
export const QUANTILES: Readonly<Record<Exclude<Metric, 'errors'>, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };
