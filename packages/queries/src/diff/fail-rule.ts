/** The metrics that are compared for every name. */
export const METRICS = ['p50', 'p95', 'p99', 'errors'] as const;

export type Metric = (typeof METRICS)[number];

/** A limit that a change must not exceed: `p95>20%`. */
export interface FailRule {
  /** As it was given. */
  readonly text: string;
  readonly metric: Metric;
  readonly limit: number;
  /**
   * `ratio`: of the value before, as a part of 1. `nanos`: nanoseconds. `points`: of the share of errors, as a part of
   * 1.
   */
  readonly unit: 'ratio' | 'nanos' | 'points';
}

const NANOS: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9 };

const RULE = /^\s*(p50|p95|p99|errors)\s*>\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%|us|ms|s)\s*$/;

/** Reads a rule; `undefined` for a text that is none. */
export function parseFailRule(text: string): FailRule | undefined {
  const [, metric, amount, unit = ''] = RULE.exec(text) ?? [];
  const nanos = NANOS[unit];
  if (metric === undefined || (metric === 'errors' && nanos !== undefined)) return undefined;
  const rule = { text: text.trim(), metric: metric as Metric };
  if (nanos !== undefined) return { ...rule, limit: Number(amount) * nanos, unit: 'nanos' };
  return { ...rule, limit: Number(amount) / 100, unit: metric === 'errors' ? 'points' : 'ratio' };
}
