import type { Handover } from '../pipeline/handover.js';
import { hasStackLeft } from '../stack-room.js';
import type { Tracer } from '../trace/tracer.js';
import type { EndedSpans } from './ended-spans.js';

/**
 * Brings the record up to date: spans that have ended are on their way to the store, or counted, when its methods
 * return.
 */
export class CatchUp {
  readonly #tracer: Tracer;
  readonly #handover: Handover;
  readonly #ended: EndedSpans;

  constructor(tracer: Tracer, handover: Handover, ended: EndedSpans) {
    this.#tracer = tracer;
    this.#handover = handover;
    this.#ended = ended;
  }

  /**
   * Counts and judges the spans that have ended so far, unless the stack is too full for that now.
   *
   * @param isExit the process exits: there is no later for what the stack is too full for.
   */
  handOver(isExit = false): void {
    if (!isExit && !hasStackLeft()) return;
    this.#tracer.endOverdue();
    this.#handover.empty(isExit);
  }

  /** The same, and decides traces that have waited for too long. To be called about once a second. */
  tick(): void {
    this.handOver();
    this.#ended.tick();
  }

  /**
   * The same, and decides what can be decided.
   *
   * @param isEnd the process may end now: all waiting traces are decided.
   */
  decidePending(isEnd = false, isExit = false): void {
    this.handOver(isExit);
    this.#ended.decidePending(isEnd);
  }

  /** Ends all open spans as `interrupted`, and decides what waits. */
  interruptOpen(isExit = false): void {
    this.#tracer.interruptOpen();
    this.decidePending(true, isExit);
  }
}
