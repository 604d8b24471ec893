export { FerretError, type FerretErrorCode } from './errors.js';
export type { Ledger } from './pipeline/ledger.js';
export {
  type Crash,
  type CrashesOptions,
  type DistributionOptions,
  type Distributions,
  type FileHealth,
  type HeldLease,
  type InFlightSpan,
  type NameDistribution,
  type NameStatistics,
  type NewestSpans,
  openReader,
  type Process,
  type Reader,
  type Run,
  type SpanFilter,
  type StoredSpan,
  type StoredTrace,
  type WaitingSpill,
} from './sqlite/reader.js';
