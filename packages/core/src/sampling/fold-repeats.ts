import { RepeatedSpans } from '../trace/repeated-spans.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import { busyNanosOf, Family } from './family.js';
import { asks } from './judge.js';

/** Siblings of one name that are all kept. Of more, most are folded. */
const MAX_SIBLINGS = 20;
/** Of these, so many of the slowest stay whole. */
const SLOWEST = 3;

/**
 * Folds the repeats among the spans of a trace that wait for its decision: of more than 20 siblings with one name, the
 * slowest 3 stay whole, and all that failed or ask to be kept, or have such a span below them. The rest becomes one
 * row. May be called again when more spans have ended. What is folded is noted in the trace, and is counted when that
 * is decided.
 *
 * @returns the spans that stay, in their order; `undefined` if all do
 */
export function foldRepeats(trace: LocalTrace): readonly SpanData[] | undefined {
  const { held } = trace;
  if (trace.repeats === undefined && !hasRepeats(held)) return undefined;
  trace.repeats ??= new Map<string, RepeatedSpans<SpanData>>();
  const { repeats } = trace;
  const family = new Family(held, new Map([...repeats.values()].map((row) => [row.carrier, row.busyNanos])));
  const whole = withThoseAbove(
    held.filter((span) => span.outcome !== 'ok' || asks(span)),
    held,
  );
  const gone = new Set<SpanData>();
  for (const [parentId, name, all] of family.siblings()) {
    const siblings = all.filter((span) => !gone.has(span));
    const key = `${parentId} ${name}`;
    let row = repeats.get(key);
    if (row === undefined && siblings.length <= MAX_SIBLINGS) continue;
    const folded = siblings
      .filter((span) => !whole.has(span) && span !== row?.carrier)
      .sort((a, b) => b.durationNanos - a.durationNanos)
      .slice(SLOWEST)
      .sort((a, b) => a.startedAt - b.startedAt);
    const carrier = row?.carrier ?? folded.shift();
    if (carrier === undefined || folded.length === 0) continue;
    row ??= new RepeatedSpans(carrier);
    repeats.set(key, row);
    const goes = new Set(folded);
    row.addSiblings(folded, busyNanosOf(siblings) - busyNanosOf(siblings.filter((span) => !goes.has(span))));
    for (const span of folded.flatMap((top) => family.treeOf(top))) {
      if (gone.has(span)) continue;
      gone.add(span);
      row.add(span, family.selfNanosOf(span));
      const inner = `${span.parentId} ${span.name}`;
      const below = repeats.get(inner);
      if (below?.carrier !== span) continue;
      row.addAll(below);
      repeats.delete(inner);
    }
  }
  return gone.size === 0 ? undefined : held.filter((span) => !gone.has(span));
}

/** Whether so many spans have one name that some may be folded. */
function hasRepeats(spans: readonly SpanData[]): boolean {
  if (spans.length <= MAX_SIBLINGS) return false;
  const counts = new Map<string, number>();
  for (const { name } of spans) {
    const count = (counts.get(name) ?? 0) + 1;
    if (count > MAX_SIBLINGS) return true;
    counts.set(name, count);
  }
  return false;
}

function withThoseAbove(some: readonly SpanData[], all: readonly SpanData[]): Set<SpanData> {
  const found = new Set<SpanData>();
  if (some.length === 0) return found;
  const byId = new Map(all.map((span) => [span.spanId, span]));
  for (const each of some) {
    for (let span: SpanData | undefined = each; span !== undefined && !found.has(span); ) {
      found.add(span);
      span = byId.get(span.parentId ?? '');
    }
  }
  return found;
}
