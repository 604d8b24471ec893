import type { SpanNode } from './trace-tree.js';

/** Starts are whole microseconds, so a child may seem to end a little after what waited for it. */
const ROUNDING_NANOS = 1_000;

/**
 * The spans that the end of a trace waited for: to make one of them faster makes the trace faster. From the end of a
 * span backwards, it is the child that ended last, then the one that ended last before that one started, and so on. A
 * child that outlives its parent kept nobody waiting, nor did an orphan that anybody knows of.
 */
export function criticalPath(root: SpanNode): Set<SpanNode> {
  const path = new Set([root]);
  for (const node of path) {
    // The loop goes on to what is added here.
    for (const child of awaitedChildren(node)) path.add(child);
  }
  return path;
}

function awaitedChildren({ span, children }: SpanNode): SpanNode[] {
  const awaited: SpanNode[] = [];
  const candidates = children
    .filter(({ isOrphan }) => !isOrphan)
    .map((node) => {
      // Relative to the parent: nanoseconds since the epoch are more than a number holds exactly.
      const startNanos = (node.span.startMicros - span.startMicros) * 1_000;
      return { node, startNanos, endNanos: startNanos + node.span.durationNanos };
    })
    .sort((a, b) => b.endNanos - a.endNanos);
  let waitedUntil = span.durationNanos;
  for (const { node, startNanos, endNanos } of candidates) {
    if (endNanos <= waitedUntil + ROUNDING_NANOS && startNanos <= waitedUntil) {
      awaited.push(node);
      waitedUntil = startNanos;
    }
  }
  return awaited;
}
