/** The values of `--format`. */
export const FORMAT_NAMES = ['speedscope', 'folded', 'chrome', 'otlp', 'ndjson', 'csv'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];
