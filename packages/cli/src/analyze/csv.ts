import type { Group } from '@ferretjs/queries';
import { toCsv } from '../format/csv.js';

const COLUMNS: Readonly<Record<string, (group: Group) => string | number | null>> = {
  name: ({ name }) => name,
  count: ({ count }) => count,
  rate_per_second: ({ ratePerSecond }) => ratePerSecond,
  errors: ({ errors }) => errors,
  error_share: ({ errorShare }) => errorShare,
  total_ns: ({ totalNanos }) => totalNanos,
  share: ({ share }) => share,
  average_ns: ({ averageNanos }) => averageNanos,
  min_ns: ({ minNanos }) => minNanos,
  p50_ns: ({ p50Nanos }) => p50Nanos,
  p95_ns: ({ p95Nanos }) => p95Nanos,
  p99_ns: ({ p99Nanos }) => p99Nanos,
  max_ns: ({ maxNanos }) => maxNanos,
};

/** The figures as CSV, with a header. */
export function figuresToCsv(groups: readonly Group[]): string {
  const cells = Object.values(COLUMNS);
  return toCsv([Object.keys(COLUMNS), ...groups.map((group) => cells.map((cell) => cell(group)))]);
}
