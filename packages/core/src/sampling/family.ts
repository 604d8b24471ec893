import type { SpanData } from '../trace/span-data.js';

const NONE: readonly SpanData[] = [];

/** Spans of one trace by what is below each of them. */
export class Family {
  readonly #children = new Map<number, SpanData[]>();
  readonly #folded: ReadonlyMap<SpanData, number>;

  /** @param folded nanoseconds in which spans ran that are not among these, by the sibling that is their row */
  constructor(spans: readonly SpanData[], folded: ReadonlyMap<SpanData, number> = new Map()) {
    this.#folded = folded;
    for (const span of spans) {
      const { parentKey } = span.ids;
      const siblings = this.#children.get(parentKey);
      if (siblings === undefined) this.#children.set(parentKey, [span]);
      else siblings.push(span);
    }
  }

  /** The children of each parent, by their names. */
  *siblings(): Iterable<readonly SpanData[]> {
    for (const children of this.#children.values()) {
      if (children.length === 1) {
        yield children;
        continue;
      }
      const byName = new Map<string, SpanData[]>();
      for (const child of children) {
        const same = byName.get(child.name);
        if (same === undefined) byName.set(child.name, [child]);
        else same.push(child);
      }
      yield* byName.values();
    }
  }

  /**
   * A span and all below it. Does not recurse: a trace may be as deep as it is long. Each span comes once: another
   * library may give one id to several spans, which are then below each other.
   */
  treeOf(top: SpanData): Iterable<SpanData> {
    const tree = new Set([top]);
    // The loop goes on to what is added here.
    for (const { ids } of tree) {
      for (const child of this.#children.get(ids.key) ?? NONE) tree.add(child);
    }
    return tree;
  }

  /** The time of a span in which no child of it ran. */
  selfNanosOf(span: SpanData): number {
    const children = this.#children.get(span.ids.key);
    if (children === undefined) return span.durationNanos;
    const foldedNanos = children.reduce((sum, child) => sum + (this.#folded.get(child) ?? 0), 0);
    return Math.max(0, span.durationNanos - busyNanosOf(children, span) - foldedNanos);
  }
}

/** The time in which at least one of the spans ran. Given another span, only its time counts. */
export function busyNanosOf(spans: readonly SpanData[], within?: SpanData): number {
  const startedAt = within?.startedAt ?? Number.NEGATIVE_INFINITY;
  const endedAt = within === undefined ? Number.POSITIVE_INFINITY : endOf(within);
  let busyMillis = 0;
  let coveredUntil = startedAt;
  for (const span of [...spans].sort((a, b) => a.startedAt - b.startedAt)) {
    const until = Math.min(endOf(span), endedAt);
    const from = Math.max(span.startedAt, coveredUntil);
    if (until <= from) continue;
    busyMillis += until - from;
    coveredUntil = until;
  }
  return Math.round(busyMillis * 1e6);
}

function endOf({ startedAt, durationNanos }: SpanData): number {
  return startedAt + durationNanos / 1e6;
}
