/** For tests: stores that keep spans in memory. */
export { MemorySink } from './pipeline/memory-sink.js';
