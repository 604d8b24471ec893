export type { Attributes, AttributeValue } from './attributes/attribute-recorder.js';
export type { RedactOptions } from './attributes/redaction.js';
export type { Diagnostic, DiagnosticCode, OnDiagnostic } from './diagnostics.js';
export { FerretError, type FerretErrorCode } from './errors.js';
export { createFerret, defaultFerret } from './ferret/default-ferret.js';
export type { AnyFunction, CloseReport, Ferret } from './ferret/ferret.js';
export type { FerretOptions } from './ferret/options.js';
export type { IgnoreRule } from './http/http-options.js';
export type { SamplingOptions, SamplingRule } from './sampling/sampling-options.js';
export type { Ledger } from './sink/ledger.js';
export {
  type EndReason,
  type SinkTick,
  type SpanBatch,
  type SpanSink,
  StoreUnavailableError,
} from './sink/sink.js';
export type { RouteMinute } from './statistics/route-statistics.js';
export { currentSpan } from './trace/context.js';
export type { Outcome, SharedAttributes, Span, SpanKind, SpanOptions, SpanRecord } from './trace/span.js';
