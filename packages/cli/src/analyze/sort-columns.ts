/** What `--sort` accepts. */
export const SORT_COLUMNS = ['name', 'count', 'errors', 'total', 'average', 'min', 'p50', 'p95', 'p99', 'max'] as const;

export type SortColumn = (typeof SORT_COLUMNS)[number];
