import type { SpanSampling } from '../trace/span.js';

const MAX_TRACES = 4_096;
const REMEMBERED_MILLIS = 5_000;
/** A limit for callers that send one trace id with every request: one verdict must not decide all of them. */
const MAX_SPANS = 512;

interface Decision {
  readonly verdict: SpanSampling | null;
  readonly at: number;
  spans: number;
}

/**
 * Verdicts on traces that came from outside. A service that is called twice in a trace, or calls itself, has several
 * roots of that trace, which should be kept or sampled out together.
 */
export class RecentTraces {
  readonly #decisions = new Map<string, Decision>();

  /** Returns the verdict on the trace if it still holds, and counts `spans` more for it. */
  follow(traceId: string, spans: number, at: number): SpanSampling | null | undefined {
    const decision = this.#decisions.get(traceId);
    if (decision === undefined) return undefined;
    decision.spans += spans;
    if (decision.spans <= MAX_SPANS && at - decision.at < REMEMBERED_MILLIS) return decision.verdict;
    this.#decisions.delete(traceId);
    return undefined;
  }

  remember(traceId: string, verdict: SpanSampling | null, spans: number, at: number): void {
    this.#decisions.delete(traceId);
    this.#decisions.set(traceId, { verdict, at, spans });
    if (this.#decisions.size <= MAX_TRACES) return;
    for (const oldest of this.#decisions.keys()) {
      this.#decisions.delete(oldest);
      return;
    }
  }
}
