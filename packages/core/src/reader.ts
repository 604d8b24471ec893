export { FerretError, type FerretErrorCode } from './errors.js';
export type { Ledger } from './pipeline/ledger.js';
export {
  type DistributionOptions,
  type Distributions,
  type FileHealth,
  type HeldLease,
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
} from './sqlite/reader.js';
