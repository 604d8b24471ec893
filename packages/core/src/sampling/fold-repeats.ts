import { RepeatedSpans } from '../trace/repeated-spans.js';
import type { LocalTrace, SpanData } from '../trace/span-data.js';
import { asks } from './asks.js';
import { busyNanosOf, Family } from './family.js';

/** Siblings of one name that are all kept. Of more, most are folded. */
const MAX_SIBLINGS = 20;
/** So many of the slowest stay whole. */
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
  const rows = new Map([...repeats].map(([key, row]) => [row.carrier, key]));
  const gone = new Set<SpanData>();
  for (const all of family.siblings()) {
    if (all.length <= SLOWEST) continue;
    const siblings = gone.size === 0 ? all : all.filter((span) => !gone.has(span));
    const key = keyOf(all[0]!);
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
    rows.set(carrier, key);
    const goes = new Set(folded);
    row.addSiblings(folded, busyNanosOf(siblings) - busyNanosOf(siblings.filter((span) => !goes.has(span))));
    for (const top of folded) {
      for (const span of family.treeOf(top)) {
        // Spans with one id may be below each other: the row itself and those that stay whole are not folded by that.
        if (gone.has(span) || span === carrier || whole.has(span)) continue;
        gone.add(span);
        row.add(span, family.selfNanosOf(span));
        const inner = rows.get(span);
        const below = inner === undefined ? undefined : repeats.get(inner);
        if (inner === undefined || below === undefined) continue;
        row.addAll(below);
        repeats.delete(inner);
      }
    }
  }
  return gone.size === 0 ? undefined : held.filter((span) => !gone.has(span));
}

/** The same for siblings with one name. */
function keyOf({ ids, name }: SpanData): string {
  return `${ids.parentKey} ${name}`;
}

/** Siblings that follow each other in the list, or are the only ones of their name. */
interface Run {
  readonly first: SpanData;
  count: number;
  areSiblings: boolean;
}

/**
 * The number of rows that the spans of a trace will be. Estimated from names: it runs for each request, and most are
 * not kept.
 * Spans of one name that have different parents count as they are.
 */
export function expectedRows(spans: readonly SpanData[]): number {
  if (spans.length <= MAX_SIBLINGS) return spans.length;
  const runs = new Map<string, Run>();
  let last: Run | undefined;
  for (const span of spans) {
    let run = last?.first.name === span.name ? last : runs.get(span.name);
    if (run === undefined) {
      run = { first: span, count: 0, areSiblings: true };
      runs.set(span.name, run);
    }
    run.count++;
    run.areSiblings &&= span.ids.isSiblingOf(run.first.ids);
    last = run;
  }
  let rows = 0;
  for (const { count, areSiblings } of runs.values()) rows += areSiblings && count > MAX_SIBLINGS ? SLOWEST + 1 : count;
  return rows;
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
  const byId = new Map(all.map((span) => [span.ids.key, span]));
  for (const each of some) {
    for (let span: SpanData | undefined = each; span !== undefined && !found.has(span); ) {
      found.add(span);
      span = byId.get(span.ids.parentKey);
    }
  }
  return found;
}
