import type { Report } from '../diagnostics.js';
import { hasStackLeft } from '../stack-room.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import type { SpanDestination } from '../trace/tracer.js';

/** Longest time that an ended span waits here, while the event loop turns. */
const WAIT_MILLIS = 10;
/** Spans after which the array is emptied at once: code that never returns to the event loop may end a million. */
const SPANS_AT_ONCE = 512;
/** Bound for such code that leaves too little stack to empty the array. */
const MAX_WAITING = 65_536;

/** Counters of the ledger that are raised for spans that cannot be handed over. */
export interface HandoverCounters {
  queueFull: number;
  writeFailed: number;
}

/**
 * The array between the application's stack and the record. The end of a span appends it to the array and does nothing
 * else. Statistics, sampling and the pipeline's `Subject` run later, from a timer, where the stack is empty.
 *
 * An exception in the middle of these would leave their state broken for good, and an operator of RxJS that throws ends
 * its stream. On the application's stack every call may throw, because a recursion without end fails with a RangeError
 * wherever it happens to be.
 */
export class Handover implements SpanDestination {
  readonly #destination: SpanDestination;
  readonly #counters: HandoverCounters;
  readonly #report: Report;
  #waiting: SpanData[] = [];
  /** Made once, outside of any request, because a timer runs in the async context that it was made in. */
  readonly #timer: NodeJS.Timeout;
  #isTimed = false;

  constructor(destination: SpanDestination, counters: HandoverCounters, report: Report) {
    this.#destination = destination;
    this.#counters = counters;
    this.#report = report;
    this.#timer = setTimeout(() => this.#empty(), WAIT_MILLIS).unref();
  }

  get needsTraces(): boolean {
    return this.#destination.needsTraces;
  }

  /** Takes a span. Throws, with a full stack, before the span is taken. */
  ended(span: SpanData): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#counters.queueFull++;
      return;
    }
    this.#waiting.push(span);
    try {
      if (this.#waiting.length % SPANS_AT_ONCE === 0) this.empty();
      else if (!this.#isTimed) this.#startTimer();
    } catch {
      // The stack is full, and the span is taken. The next span starts the timer; without one, the pipeline's ticker
      // empties the array within a second.
    }
  }

  suppressed(trace: LocalTrace): void {
    this.#destination.suppressed(trace);
  }

  holdTraces(): void {
    this.#destination.holdTraces();
  }

  /**
   * Hands over all spans that wait. With too little stack left for that, they go on waiting. Never throws.
   *
   * @param isLast nothing will be called again: hands over as many spans as there is stack for. Default: false.
   */
  empty(isLast = false): void {
    if (this.#waiting.length > 0 && (isLast || hasStackLeft())) this.#empty();
  }

  #startTimer(): void {
    this.#timer.refresh();
    this.#isTimed = true;
  }

  #empty(): void {
    this.#isTimed = false;
    const spans = this.#waiting;
    this.#waiting = [];
    for (const span of spans) {
      try {
        this.#destination.ended(span);
      } catch (error) {
        this.#counters.writeFailed++;
        this.#report('WRITE_FAILED', 'A span could not be recorded, and is counted as lost.', error);
      }
    }
  }
}
