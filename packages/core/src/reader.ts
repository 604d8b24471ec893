export { FerretError, type FerretErrorCode } from './errors.js';
export { type OpenStore, openReader, registerStore } from './open-reader.js';
export type { Ledger } from './sink/ledger.js';
export type * from './sqlite/reader/file-reader.js';
export { decodeBuckets, encodeBuckets, Histogram } from './statistics/histogram.js';
