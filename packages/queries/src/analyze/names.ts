/** The figures that groups are sorted by. */
export const SORT_COLUMNS = [
  'name',
  'count',
  'rate',
  'errors',
  'total',
  'share',
  'average',
  'min',
  'p50',
  'p95',
  'p99',
  'max',
] as const;

export type SortColumn = (typeof SORT_COLUMNS)[number];

/**
 * Where figures are from, the same words in every report. `routes`: counted minute by minute while spans ended
 * (`ferret_routes_v1`). `spans`: read from the stored spans.
 */
export const SOURCES = ['routes', 'spans'] as const;

export type Source = (typeof SOURCES)[number];
