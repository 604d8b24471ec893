/** For tests: stores that keep spans in memory. */
export { MemorySink } from './sink/memory-sink.js';
