import type { Reader, SpanField } from '@ferretjs/core/reader';
import { type Report, reportOf } from '../runs/report.js';
import { findScope, type Scope } from '../runs/scope.js';
import { formatCount } from '../words/numbers.js';
import { formatIsoTime } from '../words/time.js';
import { type Figures, type FiguresQuery, type Group, readFigures } from './figures.js';
import type { SortColumn, Source } from './names.js';

export interface AnalyzeQuery extends FiguresQuery {
  /** A run's id, the beginning of one, or `all`. Default: the newest run. */
  readonly run?: string;
  /** The largest first, but names A to Z. Default: `total`. */
  readonly sort?: SortColumn;
  /** The most groups to return. Default: all. */
  readonly limit?: number;
}

/** The figures of a run by name, or by another field. */
export interface Analysis extends Report {
  /** The field that spans are grouped by. */
  readonly by: SpanField;
  /**
   * `routes`: counted minute by minute while spans ended (`ferret_routes_v1`). `spans`: scanned from the stored spans.
   */
  readonly source: Source;
  /** Whether the run was counted at all. */
  readonly isCounted: boolean;
  /** The time that the figures are of. */
  readonly from: string;
  readonly to: string;
  /** The number of groups before `limit`. */
  readonly nameCount: number;
  readonly names: readonly Group[];
}

/** Reads the figures of a run: how often each name ran, how often it failed and how long it took. */
export async function analyze(reader: Reader, query: AnalyzeQuery = {}): Promise<Analysis> {
  const { by = 'name', sort = 'total', limit } = query;
  const scope = await findScope(reader, query.run);
  const figures = await readFigures(reader, scope, query);
  return {
    ...reportOf(scope, describeGap(scope, figures, query)),
    by,
    source: figures.source,
    isCounted: figures.isCounted,
    from: formatIsoTime(figures.fromMicros),
    to: formatIsoTime(figures.toMicros),
    nameCount: figures.groups.length,
    names: sortBy(sort, figures.groups).slice(0, limit),
  };
}

/**
 * Spans that ended and are not in the figures. A file that is being written may hold a few more instead, and a part of
 * a run says nothing of the rest.
 */
function describeGap(
  { run }: Scope,
  { source, groups }: Figures,
  { since, until, where = [] }: FiguresQuery,
): string[] {
  if (since !== undefined || until !== undefined || where.length > 0) return [];
  const { stored, sampledOut, folded } = run.ledger;
  const shown = groups.reduce((sum, { count }) => sum + count, 0);
  const gone = stored + (source === 'routes' ? sampledOut + folded : 0) - shown;
  if (gone <= 0) return [];
  return source === 'routes'
    ? [`${formatCount(gone)} not counted, or not yet: --exact scans what is stored`]
    : [`${formatCount(gone)} stored, and deleted from the file since`];
}

const VALUES: Readonly<Record<SortColumn, (group: Group) => number | string>> = {
  name: ({ name }) => name ?? '',
  count: ({ count }) => count,
  rate: ({ ratePerSecond }) => ratePerSecond,
  errors: ({ errors }) => errors,
  total: ({ totalNanos }) => totalNanos,
  share: ({ share }) => share,
  average: ({ averageNanos }) => averageNanos,
  min: ({ minNanos }) => minNanos,
  p50: ({ p50Nanos }) => p50Nanos,
  p95: ({ p95Nanos }) => p95Nanos,
  p99: ({ p99Nanos }) => p99Nanos,
  max: ({ maxNanos }) => maxNanos,
};

function sortBy(column: SortColumn, groups: readonly Group[]): Group[] {
  const read = VALUES[column];
  return [...groups].sort((a, b) => compare(read(a), read(b)));
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return a < b ? -1 : Number(a > b);
}
