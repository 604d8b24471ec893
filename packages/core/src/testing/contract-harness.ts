import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../errors.js';
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.js';
import { figuresBy, toLedger } from '../sink/ledger.js';
import type { SinkTick, SpanBatch, SpanSink } from '../sink/sink.js';
import { nowMicros } from '../trace/clock.js';
import type { SpanRecord } from '../trace/span.js';
import type { ContractSpan, SinkContractOptions } from './contract-options.js';

/** Pause before the next attempt with a sink that is unavailable. */
const PAUSE_MILLIS = 20;

/** A span as Ferret hands it over. */
export function contractSpan(change: Partial<SpanRecord> = {}): SpanRecord {
  return Object.freeze({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentId: undefined,
    isLocalRoot: true,
    name: 'work',
    kind: 'internal',
    startMicros: nowMicros(),
    durationNanos: 1_234_567,
    outcome: 'ok',
    errorType: undefined,
    httpMethod: undefined,
    httpRoute: undefined,
    httpStatusCode: undefined,
    sharedAttributes: undefined,
    attributes: {},
    ...change,
  });
}

/** Treats a sink as Ferret does: one call at a time, opened before the first, again where it is unavailable. */
export class Harness {
  readonly sink: SpanSink;
  readonly #options: SinkContractOptions;
  /** The process that writes; the sink is told by `open()`. */
  readonly process: ProcessIdentity = identifyProcess('contract', 'contract', { 'service.name': 'contract' });
  #isOpen = false;
  #stored = 0;
  #lastId = 0;

  constructor(options: SinkContractOptions, sink: SpanSink) {
    this.#options = options;
    this.sink = sink;
  }

  /** A batch of these spans, the next of its process. */
  batch(spans: readonly SpanRecord[], change: Partial<SpanBatch> = {}): SpanBatch {
    this.#lastId++;
    this.#stored += spans.length;
    return { id: this.#lastId, isDeferred: false, spans, ledger: this.#ledger(), ...change };
  }

  tickOf(change: Partial<SinkTick> = {}): SinkTick {
    return { openSpans: [], routeMinutes: [], ledger: this.#ledger(), ...change };
  }

  /** Writes a batch until the sink has taken it. Rejects with whatever else it says. */
  async write(batch: SpanBatch): Promise<void> {
    await this.#insist(() => this.writeOnce(batch));
  }

  async writeOnce(batch: SpanBatch): Promise<void> {
    await this.#open();
    await this.sink.write(batch);
  }

  /** Ticks until the sink has taken it, where it has a `tick`. */
  async tick(tick: SinkTick): Promise<void> {
    await this.#insist(async () => {
      await this.#open();
      await this.sink.tick?.(tick);
    });
  }

  /** Closes the sink, and reads what is stored. */
  async closeAndRead(): Promise<readonly ContractSpan[]> {
    await this.sink.close();
    return this.read();
  }

  /** Reads what is stored; the sink is to be closed. */
  async read(): Promise<readonly ContractSpan[]> {
    return this.#options.read(this.sink);
  }

  interrupt(): Promise<() => Promise<void> | void> {
    assert(this.#options.interrupt !== undefined);
    return this.#options.interrupt(this.sink);
  }

  async #open(): Promise<void> {
    if (!this.#isOpen) await this.sink.open?.(this.process);
    this.#isOpen = true;
  }

  async #insist(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (codeOf(error) !== 'STORE_UNAVAILABLE') throw error;
        await sleep(PAUSE_MILLIS);
      }
    }
  }

  #ledger() {
    return toLedger(figuresBy((figure) => (figure === 'started' || figure === 'stored' ? this.#stored : 0)));
  }
}

/** Asserts that exactly these spans are stored, each once, with all that they say. */
export function assertStored(stored: readonly ContractSpan[], expected: readonly SpanRecord[]): void {
  const idsOf = (spans: readonly ContractSpan[]) => spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`).sort();
  assert.deepEqual(idsOf(stored), idsOf(expected), 'the spans that are stored are not those that were written');
  for (const span of expected) {
    const found = stored.find(({ spanId }) => spanId === span.spanId)!;
    assert.deepEqual(facts(found, span), facts(span, span));
  }
}

/** The fields that are compared; of the attributes, those that were written. */
function facts(span: ContractSpan, written: SpanRecord): object {
  const {
    traceId,
    spanId,
    name,
    kind,
    startMicros,
    durationNanos,
    outcome,
    attributes,
    links = [],
    events = [],
  } = span;
  const all = { ...written.sharedAttributes, ...written.attributes };
  const known = 'sharedAttributes' in span ? { ...(span as SpanRecord).sharedAttributes, ...attributes } : attributes;
  return {
    ...{ traceId, spanId, parentId: span.parentId ?? undefined, name, kind, startMicros, durationNanos, outcome },
    links,
    events,
    attributes: Object.fromEntries(Object.keys(all).map((key) => [key, known[key]])),
  };
}
