export { FerretError, type FerretErrorCode } from './errors.js';
export { type OpenStore, openReader, registerStore } from './open-reader.js';
export type { Ledger } from './sink/ledger.js';
export type {
  Crash,
  CrashesOptions,
  DistributionOptions,
  DistributionStep,
  Distributions,
  FileHealth,
  GroupStatistics,
  HeldLease,
  InFlightSpan,
  NameDistribution,
  NameStatistics,
  NewestSpans,
  Process,
  Reader,
  ReaderOptions,
  RouteStatisticsOptions,
  Run,
  SpanCondition,
  SpanField,
  SpanFilter,
  Statistics,
  StoredSpan,
  StoredTrace,
  TraceFilter,
  WaitingSpill,
} from './sqlite/reader/file-reader.js';
export { decodeBuckets, encodeBuckets, Histogram } from './statistics/histogram.js';
