import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identifyProcess } from '../process/process-identity.js';
import { MemorySink } from '../sink/memory-sink.js';
import { type SpanBatch, type SpanSink, StoreUnavailableError } from '../sink/sink.js';
import { openDatabase } from '../sqlite/file/driver.js';
import { openReader } from '../sqlite/reader/file-reader.js';
import { SqliteSink } from '../sqlite/sqlite-sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import type { ContractSpan, SinkContractOptions } from './contract-options.js';
import { sinkContract } from './sink-contract.js';

/** The contract over a store, by the runner of these tests. */
function passes(options: SinkContractOptions): void {
  for (const { name, run } of sinkContract(options)) it(name, run, 30_000);
}

const places = new WeakMap<SpanSink, string>();

function fileOf(sink: SpanSink): string {
  return places.get(sink)!;
}

describe('the SQLite file', () => {
  passes({
    async create() {
      const file = join(temporaryDirectory(), 'ferret.db');
      const retention = { maxAgeMicros: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
      const me = identifyProcess('contract', 'contract', {});
      const sink = new SqliteSink({ file, synchronous: 'normal', retention }, me, () => {});
      places.set(sink, file);
      return sink;
    },
    async read(sink) {
      const reader = await openReader(fileOf(sink));
      const spans: ContractSpan[] = [];
      for (const { runId } of await reader.runs()) for await (const span of reader.spans(runId)) spans.push(span);
      await reader.close();
      return spans;
    },
    async interrupt(sink) {
      const other = await openDatabase(fileOf(sink), 'write');
      await other.exec('BEGIN IMMEDIATE');
      return () => other.close();
    },
  });
});

describe('the memory sink', () => {
  passes({
    create: () => new MemorySink(),
    read: (sink) => (sink as MemorySink).spans,
    knowsBatches: false,
  });
});

/** Errors that mean "try again", whoever made them. */
const TRY_AGAIN: Readonly<Record<string, () => unknown>> = {
  'the error of this copy': () => new StoreUnavailableError('busy'),
  'K17: an error of another copy': () =>
    Object.assign(new Error('busy'), { name: 'FerretError', code: 'STORE_UNAVAILABLE' }),
  'K17: a plain object': () => ({ code: 'STORE_UNAVAILABLE' }),
};

/** A sink that does each thing the hard way, once before it does it. */
class HostileSink extends MemorySink {
  readonly #error: () => unknown;
  #refused = new Set<string>();

  constructor(error: () => unknown) {
    super(() => new Promise((resolve) => setTimeout(resolve, 5)));
    this.#error = error;
  }

  override open(process: NonNullable<MemorySink['process']>): void {
    if (this.#isFirst('open')) throw this.#error();
    super.open(process);
  }

  /** Throws synchronously at first, then rejects, then stores. */
  override write(batch: SpanBatch): Promise<void> {
    const name = `${batch.process?.processKey ?? ''} ${batch.id}`;
    if (this.#isFirst(`throw ${name}`)) throw this.#error();
    if (this.#isFirst(`reject ${name}`)) return Promise.reject(this.#error());
    return super.write(batch);
  }

  async tick(): Promise<void> {
    if (this.#isFirst('tick')) throw this.#error();
  }

  #isFirst(what: string): boolean {
    const isFirst = !this.#refused.has(what);
    this.#refused.add(what);
    return isFirst;
  }
}

describe.each(Object.entries(TRY_AGAIN))('a hostile sink, slow, that throws and rejects %s', (_, error) => {
  passes({
    create: () => new HostileSink(error),
    read: (sink) => (sink as MemorySink).spans,
    knowsBatches: false,
  });
});

describe('the contract', () => {
  const only = async (options: Partial<SinkContractOptions>, name: string) => {
    const read = (sink: SpanSink) => (sink as MemorySink).spans;
    const rule = sinkContract({ create: () => new MemorySink(), read, ...options }).find((each) =>
      each.name.includes(name),
    );
    await rule!.run();
  };

  it('finds a sink that hangs', async () => {
    const create = () => new MemorySink(() => new Promise(() => {}));
    await expect(only({ create, timeoutMillis: 50 }, 'stores every span')).rejects.toThrow('not within 50 ms');
  });

  it('finds a sink that loses, repeats or changes spans', async () => {
    await expect(only({ read: () => [] }, 'stores every span')).rejects.toThrow('are not those that were written');
    await expect(only({}, 'comes again once')).rejects.toThrow('are not those that were written');
    const changed = (sink: SpanSink) => (sink as MemorySink).spans.map((span) => ({ ...span, durationNanos: 1 }));
    await expect(only({ read: changed }, 'stores every span')).rejects.toThrow();
  });

  it('finds a sink that changes what it was given', async () => {
    const redacting = ({ spans }: SpanBatch) => {
      for (const { attributes } of spans) delete (attributes as Record<string, unknown>)['text'];
    };
    const emptying = ({ spans }: SpanBatch) => void (spans as unknown[]).splice(0);
    for (const change of [redacting, emptying]) {
      await expect(only({ create: () => new MemorySink(change) }, 'leaves a batch')).rejects.toThrow('has changed');
    }
  });

  it('finds a sink that rejects for good', async () => {
    const create = () =>
      new MemorySink(() => {
        throw new Error('no');
      });
    await expect(only({ create }, 'stores every span')).rejects.toThrow('no');
    await expect(only({ create }, 'keeps up')).rejects.toThrow();
  });

  it('asks no store for what it cannot have', () => {
    const { create, read } = { create: () => new MemorySink(), read: () => [] };
    const names = (options: Partial<SinkContractOptions>) =>
      sinkContract({ create, read, ...options }).map(({ name }) => name);
    expect(names({ knowsBatches: false })).not.toContainEqual(expect.stringContaining('comes again once'));
    expect(names({})).not.toContainEqual(expect.stringContaining('STORE_UNAVAILABLE'));
  });
});
