import type { SpanData } from './recording-span.js';

/** Why a span was kept. */
export type KeepReason =
  /** Its request failed, was aborted by the client, or was interrupted by the end of the process. */
  | 'error'
  /** Its request was slower than nearly all of its route, or than `keepSlowerThanMillis`. */
  | 'slow'
  /** A span of its trace was annotated with `ferret.keep: true`. */
  | 'asked'
  /** There was room for it. */
  | 'budget';

/** How a span came to be kept; the same object for all spans of a trace. */
export interface SpanSampling {
  readonly reason: KeepReason;
  /** The share of its like that was kept at the time, above 0 and up to 1: the span stands for `1 / probability` of them. */
  readonly probability: number;
}

const NO_SPANS: readonly SpanData[] = Object.freeze([]);

/**
 * What the spans of one request or job have in common, in this process: they are kept or let go together. All of them refer to
 * it, so that a span that ends late knows what was decided without anybody keeping a list of traces.
 */
export class LocalTrace {
  /** The span above all others, until the decision. */
  root: SpanData | undefined = undefined;
  /** `undefined` until the decision, `null` for a trace that is not kept. */
  verdict: SpanSampling | null | undefined = undefined;
  /** Ended spans that await the decision. */
  held: readonly SpanData[] = NO_SPANS;
  /** When the first of them ended, as a reading of `performance.now()`. */
  heldSince = 0;
  /** One of them asks to be kept. */
  isAsked = false;
  /** One of them did not go well. */
  hasFailed = false;
  /** The root was taken out of the record, and will not end. */
  isSuppressed = false;

  /** @returns how many spans are held now */
  hold(span: SpanData): number {
    if (this.held === NO_SPANS) this.held = [];
    return (this.held as SpanData[]).push(span);
  }

  /** Settles the matter, and lets go of everything but the verdict. */
  decide(verdict: SpanSampling | null): readonly SpanData[] {
    const { held } = this;
    this.verdict = verdict;
    this.root = undefined;
    this.held = NO_SPANS;
    return held;
  }
}
