import type { Sampler } from '../sampling/sampler.js';
import type { SpanStatistics } from '../statistics/span-statistics.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import type { SpanDestination } from '../trace/tracer.js';

/**
 * Bounds for spans that wait because their trace may still be taken out of the record. Spans beyond them are passed
 * on.
 */
const MAX_HELD = 32_768;
const MAX_HELD_OF_TRACE = 512;
const MAX_MILLIS = 5_000;

interface HeldTrace {
  readonly spans: SpanData[];
  /** End of the first of these spans, as a reading of `performance.now()`. */
  readonly since: number;
}

/**
 * The step from an ended span to the queue: the span is counted, and then judged together with its trace.
 *
 * After a call of {@link holdTraces}, spans wait here, uncounted, until the first span of their trace ends. If that
 * span is taken out of the record, the waiting ones are dropped with it, as if they had never been started.
 */
export class EndedSpans implements SpanDestination {
  readonly #statistics: Pick<SpanStatistics, 'record'>;
  readonly #sampler: Sampler;
  readonly #counters: { started: number };
  readonly #held = new Map<LocalTrace, HeldTrace>();
  #heldCount = 0;
  #holdsTraces = false;

  constructor(statistics: Pick<SpanStatistics, 'record'>, sampler: Sampler, counters: { started: number }) {
    this.#statistics = statistics;
    this.#sampler = sampler;
    this.#counters = counters;
  }

  get needsTraces(): boolean {
    return this.#holdsTraces || this.#sampler.isActive;
  }

  holdTraces(): void {
    this.#holdsTraces = true;
  }

  ended(span: SpanData): void {
    const { trace } = span;
    if (this.#holdsTraces && trace !== undefined) {
      if (trace.isSuppressed) {
        this.#counters.started--;
        return;
      }
      if (trace.root === span) this.#release(trace);
      else if (trace.root !== undefined) {
        this.#hold(trace, span);
        return;
      }
    }
    this.#pass(span);
  }

  suppressed(trace: LocalTrace): void {
    this.#counters.started -= this.#take(trace).length;
  }

  /** Decides traces that have waited for too long. To be called about once a second. */
  tick(at = performance.now()): void {
    for (const [trace, { since }] of this.#held) {
      if (at - since < MAX_MILLIS) break;
      this.#release(trace);
    }
    this.#sampler.tick();
  }

  /**
   * Decides the traces that can be decided: their spans are on their way to the store, or counted.
   *
   * @param isEnd the process may end now: all waiting traces are decided. Default: false.
   */
  decidePending(isEnd = false): void {
    for (const trace of this.#held.keys()) this.#release(trace);
    this.#sampler.decidePending(undefined, isEnd);
  }

  #pass(span: SpanData): void {
    this.#statistics.record(span);
    this.#sampler.ended(span);
  }

  #hold(trace: LocalTrace, span: SpanData): void {
    let held = this.#held.get(trace);
    if (held === undefined) {
      held = { spans: [], since: span.startedAt + span.durationNanos / 1e6 };
      this.#held.set(trace, held);
    }
    span.bound();
    held.spans.push(span);
    this.#heldCount++;
    if (held.spans.length >= MAX_HELD_OF_TRACE) this.#release(trace);
    else if (this.#heldCount > MAX_HELD) {
      const [oldest] = this.#held.keys();
      if (oldest !== undefined) this.#release(oldest);
    }
  }

  #release(trace: LocalTrace): void {
    for (const span of this.#take(trace)) this.#pass(span);
  }

  #take(trace: LocalTrace): readonly SpanData[] {
    const spans = this.#held.get(trace)?.spans ?? [];
    this.#held.delete(trace);
    this.#heldCount -= spans.length;
    return spans;
  }
}
