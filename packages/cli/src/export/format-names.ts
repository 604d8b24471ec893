/** What `--format` accepts. */
export const FORMAT_NAMES = ['speedscope', 'chrome', 'otlp', 'ndjson', 'csv'] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];
