export { createFerret, defaultFerret } from './default-ferret.js';
export { FerretError, type FerretErrorCode } from './errors.js';
export type { AnyFunction, CloseReport, Ferret } from './ferret-interface.js';
export type { IgnoreRule } from './http/http-options.js';
export type { FerretOptions } from './options.js';
export type { Diagnostic, DiagnosticCode, OnDiagnostic } from './pipeline/diagnostics.js';
export type { Ledger } from './pipeline/ledger.js';
export {
  type EndReason,
  type SinkTick,
  type SpanBatch,
  type SpanSink,
  StoreUnavailableError,
} from './pipeline/sink.js';
export type { SamplingOptions, SamplingRule } from './sampling/sampling-options.js';
export type { RouteMinute } from './statistics/route-statistics.js';
export type { Attributes, AttributeValue } from './trace/attributes.js';
export { currentSpan } from './trace/context.js';
export type { RedactOptions } from './trace/redaction.js';
export type { Outcome, SharedAttributes, Span, SpanKind, SpanOptions, SpanRecord } from './trace/span.js';
