export type { Attributes, AttributeValue } from './attributes/attribute-value.js';
export type { RedactOptions } from './attributes/redact-options.js';
export type { Diagnostic, DiagnosticCode, OnDiagnostic } from './diagnostics.js';
export { FerretError, type FerretErrorCode } from './errors.js';
export type { SinkStats } from './ferret/also-to.js';
export { createFerret, defaultFerret } from './ferret/default-ferret.js';
export type { AnyFunction, CloseReport, Ferret } from './ferret/ferret.js';
export type { FerretOptions } from './ferret/options.js';
export type { IgnoreRule } from './http/http-options.js';
export type { ProcessIdentity } from './process/process-identity.js';
export type { SamplingOptions, SamplingRule } from './sampling/sampling-options.js';
export type { EndReason } from './sink/end-reason.js';
export type { Ledger } from './sink/ledger.js';
export { type SinkTick, type SpanBatch, type SpanSink, StoreForeignError, StoreUnavailableError } from './sink/sink.js';
export type { RouteMinute } from './statistics/route-statistics.js';
export { currentSpan } from './trace/context.js';
export type {
  LinkedSpan,
  Outcome,
  RemoteSpan,
  SharedAttributes,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanOptions,
  SpanRecord,
} from './trace/span.js';
