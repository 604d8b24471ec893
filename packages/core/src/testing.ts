/**
 * The entry for tests: a sink that keeps spans in memory, the contract for sinks of other packages, files with any
 * content, and spans as readers return them.
 */
export { MemorySink } from './sink/memory-sink.js';
export { type Database, openDatabase, type SqlValue } from './sqlite/file/driver.js';
export { OLDEST_VERSION } from './sqlite/file/migrations.js';
export { SCHEMA_VERSION } from './sqlite/file/schema.js';
export type { ContractSpan, SinkContractOptions } from './testing/contract-options.js';
export { lookOf, plantJournal } from './testing/directory-look.js';
export { createOlderFile } from './testing/older-file.js';
export { type ContractCase, sinkContract } from './testing/sink-contract.js';
export {
  createStoreFixture,
  FIXTURE_START_MICROS,
  type FixtureProcess,
  type FixtureRouteMinute,
  type FixtureRun,
  type FixtureSpan,
  type StoreFixture,
} from './testing/store-fixture.js';
export { FIXTURE_TRACE, makeSpan } from './testing/stored-span.js';
