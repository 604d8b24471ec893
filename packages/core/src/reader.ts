export { FerretError, type FerretErrorCode } from './errors.js';
export type { Ledger } from './pipeline/ledger.js';
export {
  type Crash,
  type CrashesOptions,
  type DistributionStep,
  type GroupStatistics,
  type InFlightSpan,
  type NameStatistics,
  openReader,
  type Process,
  type Reader,
  type RouteStatisticsOptions,
  type Run,
  type SpanCondition,
  type SpanField,
  type SpanFilter,
  type Statistics,
  type StoredSpan,
  type StoredTrace,
  type TraceFilter,
  type WaitingSpill,
} from './sqlite/reader.js';
