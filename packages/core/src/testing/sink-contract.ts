import { CASES } from './contract-cases.js';
import { Harness } from './contract-harness.js';
import type { SinkContractOptions } from './contract-options.js';

/** A rule of the contract. */
export interface ContractCase {
  /** A sentence about the sink: `stores every span of a batch, with all that it says`. */
  readonly name: string;
  /**
   * Rejects with an `AssertionError` where the sink breaks the rule, and with an `Error` where it takes longer than it
   * may.
   */
  readonly run: () => Promise<void>;
}

/**
 * The rules that a `SpanSink` keeps, as cases for any test runner: each is to be run once, in any order, at once or one
 * after the other. `MemorySink` and the SQLite file pass them.
 *
 * @example
 * import { test } from 'node:test';
 *
 * const contract = sinkContract({
 *   create: () => new MemorySink(),
 *   read: (sink) => (sink as MemorySink).spans,
 *   knowsBatches: false,
 * });
 * for (const { name, run } of contract) test(name, run);
 */
export function sinkContract(options: SinkContractOptions): readonly ContractCase[] {
  const { knowsBatches = true, interrupt, timeoutMillis = 10_000 } = options;
  return CASES.filter(({ needs }) => {
    if (needs === 'knowsBatches') return knowsBatches;
    return needs !== 'interrupt' || interrupt !== undefined;
  }).map(({ name, run }) => ({
    name,
    run: () => within(timeoutMillis, name, async () => run(new Harness(options, await options.create()))),
  }));
}

async function within(millis: number, name: string, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`A sink ${name}: not within ${millis} ms`)), millis);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
