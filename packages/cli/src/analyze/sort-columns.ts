/** What `--sort` accepts: the columns of the table, in their order. */
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
