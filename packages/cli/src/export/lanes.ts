import type { StoredSpan } from '@ferretjs/core/reader';

/** A span begins or ends. */
export interface LaneEvent {
  readonly kind: 'open' | 'close';
  readonly span: StoredSpan;
  /** Nanoseconds since the start of the trace. */
  readonly atNanos: number;
}

/** Spans that lie properly in each other: what one track of a flame chart can show. */
export interface Lane {
  /** In order of time; what opens last closes first. Never empty. */
  readonly events: readonly LaneEvent[];
}

/**
 * Starts are stored in whole microseconds and durations in nanoseconds, so a child may seem to outlive its parent, or
 * two that ran in turn to overlap, by less than this. They are moved apart.
 */
const ROUNDING_NANOS = 2_000;

/** Viewers lose what has no length. */
const MIN_NANOS = 1;

/**
 * Between the ends of a child and of its parent, and between siblings: viewers of trace events add start and duration
 * as floating-point numbers, and what should be equal may come out the other way round.
 */
const GAP_NANOS = 1;

interface OpenSpan {
  readonly span: StoredSpan;
  readonly startNanos: number;
  readonly endNanos: number;
  readonly track: Track;
  /** The number of spans of the track that it lies in. */
  readonly depth: number;
}

interface Track extends Lane {
  readonly events: LaneEvent[];
  /** Outermost first. */
  readonly open: OpenSpan[];
  /** When a span last closed. */
  closedNanos: number;
  /** When the outermost span, and so all of them, will have ended. */
  busyUntilNanos: number;
}

/**
 * Splits the spans of a trace, given in order of start, onto lanes. A span lies in its parent's lane where it fits into
 * its parent and beside its siblings. One that overlaps a sibling, outlives its parent or has none starts on a lane
 * that is free by then. So a lane never shows a span inside another that is not its parent.
 */
export function layOutLanes(spans: readonly StoredSpan[]): Lane[] {
  const tracks: Track[] = [];
  /** The same, the one that is free first before the others. */
  const byEnd: Track[] = [];
  const openBySpanId = new Map<string, OpenSpan>();
  const originMicros = spans[0]?.startMicros ?? 0;
  for (const span of spans) {
    const startNanos = (span.startMicros - originMicros) * 1_000;
    const parent = span.parentId === undefined ? undefined : openBySpanId.get(span.parentId);
    const placed =
      (parent && placeInParent(parent, span, startNanos)) ?? placeOnFreeTrack(tracks, byEnd, span, startNanos);
    const { track } = placed;
    closeUntil(track, placed.depth, openBySpanId);
    track.events.push({ kind: 'open', span, atNanos: placed.startNanos });
    track.open.push(placed);
    openBySpanId.set(span.spanId, placed);
    if (placed.depth === 0) {
      track.busyUntilNanos = placed.endNanos;
      insertByEnd(byEnd, track);
    }
  }
  for (const track of tracks) {
    closeUntil(track, 0, openBySpanId);
  }
  return tracks;
}

function placeInParent(parent: OpenSpan, span: StoredSpan, startNanos: number): OpenSpan | undefined {
  const { track } = parent;
  const depth = parent.depth + 1;
  const above = track.open.slice(depth);
  if (above.some((other) => other.endNanos - startNanos >= ROUNDING_NANOS)) {
    return undefined;
  }
  // Spans above the parent are closed before this one opens, so it begins no earlier than they end.
  const busyUntil = above.reduce((latest, other) => Math.max(latest, other.endNanos), track.closedNanos);
  const from = Math.max(startNanos, parent.startNanos, busyUntil + GAP_NANOS);
  const until = from + Math.max(span.durationNanos, MIN_NANOS);
  const end = Math.min(until, parent.endNanos - GAP_NANOS);
  if (from - startNanos >= ROUNDING_NANOS || until - end >= ROUNDING_NANOS || end - from < MIN_NANOS) {
    return undefined;
  }
  return { span, startNanos: from, endNanos: end, track, depth };
}

function placeOnFreeTrack(tracks: Track[], byEnd: Track[], span: StoredSpan, startNanos: number): OpenSpan {
  let track = byEnd[0];
  if (track !== undefined && track.busyUntilNanos - startNanos < ROUNDING_NANOS) {
    byEnd.shift();
  } else {
    track = { events: [], open: [], closedNanos: -GAP_NANOS, busyUntilNanos: -GAP_NANOS };
    tracks.push(track);
  }
  const from = Math.max(startNanos, track.busyUntilNanos + GAP_NANOS);
  const endNanos = from + Math.max(span.durationNanos, MIN_NANOS);
  return { span, startNanos: from, endNanos, track, depth: 0 };
}

/** Closes the spans of a track but for the outermost `kept`, the innermost first. */
function closeUntil(track: Track, kept: number, openBySpanId: Map<string, OpenSpan>): void {
  while (track.open.length > kept) {
    const { span, endNanos } = track.open.pop() as OpenSpan;
    track.events.push({ kind: 'close', span, atNanos: endNanos });
    track.closedNanos = endNanos;
    openBySpanId.delete(span.spanId);
  }
}

function insertByEnd(byEnd: Track[], track: Track): void {
  let low = 0;
  let high = byEnd.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((byEnd[middle] as Track).busyUntilNanos <= track.busyUntilNanos) low = middle + 1;
    else high = middle;
  }
  byEnd.splice(low, 0, track);
}
