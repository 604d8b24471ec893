import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { exportChrome } from './chrome.js';
import { exportCsv } from './csv.js';
import { exportFolded } from './folded.js';
import type { FormatName } from './format-names.js';
import { exportNdjson } from './ndjson.js';
import { exportOtlp } from './otlp.js';
import type { ExportSource } from './source.js';
import { exportSpeedscope } from './speedscope.js';

/** A format, written piece by piece, from spans in the order they were stored or from whole traces. */
export type Format =
  | { readonly of: 'spans'; write(spans: AsyncIterable<StoredSpan>, source: ExportSource): AsyncIterable<string> }
  | { readonly of: 'traces'; write(traces: AsyncIterable<StoredTrace>, source: ExportSource): AsyncIterable<string> };

const FORMATS: Readonly<Record<FormatName, Format>> = {
  speedscope: { of: 'traces', write: exportSpeedscope },
  folded: { of: 'traces', write: exportFolded },
  chrome: { of: 'traces', write: exportChrome },
  otlp: { of: 'spans', write: exportOtlp },
  ndjson: { of: 'spans', write: exportNdjson },
  csv: { of: 'spans', write: exportCsv },
};

export function formatOf(name: FormatName): Format {
  return FORMATS[name];
}
