import type { SpanSampling } from '../trace/span-data.js';

const MAX_TRACES = 4_096;
const REMEMBERED_MILLIS = 5_000;
/** A caller that sends one trace id with everything must not have everything decided at once. */
const MAX_SPANS = 512;

interface Decision {
  readonly verdict: SpanSampling | null;
  readonly at: number;
  spans: number;
}

/**
 * What was decided about traces that came from outside: a service that is called twice in a trace, or calls itself, has several
 * roots of it, which should be kept or let go together.
 */
export class RecentTraces {
  readonly #decisions = new Map<string, Decision>();

  /** What was decided of the trace before, if it still holds. Counts `spans` more that follow it. */
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
