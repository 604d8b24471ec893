export { FerretError, type FerretErrorCode } from './errors.js';
export type { Ledger } from './pipeline/ledger.js';
export {
  type DistributionStep,
  type GroupStatistics,
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
} from './sqlite/reader.js';
