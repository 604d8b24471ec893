import type { Reader, SpanCondition } from '@ferretjs/core/reader';
import { type Report, reportOf } from '../runs/report.js';
import { findScope } from '../runs/scope.js';
import { matchesFilter } from '../tail/span-filter.js';
import { foldedInto } from '../trace/folded-spans.js';
import { buildTrees, nodesOf } from '../trace/trace-tree.js';
import { boundsOf } from './figures.js';

export interface SelfTimesQuery {
  /** A run's id, the beginning of one, or `all`. Default: the newest run. */
  readonly run?: string;
  /** Microseconds since the epoch: traces that started then or later. */
  readonly since?: number;
  /** Microseconds since the epoch: traces that started before. */
  readonly until?: number;
  /** Conditions that a span must meet, all of them. */
  readonly where?: readonly SpanCondition[];
  /** The most names to return. Default: all. */
  readonly limit?: number;
}

/** The time that spans spent themselves, without the time in which a child ran. */
export interface SelfTimes extends Report {
  /** Spans of traces that were too long to be read as one. */
  readonly cutSpans: number;
  /** Spans without a row whose own time is not known: it is in the self times of others. */
  readonly foldedSpans: number;
  /** The number of names before `limit`. */
  readonly nameCount: number;
  /** The name that spent most itself first. */
  readonly names: readonly SelfTime[];
}

/** The self times of the spans of one name. */
export interface SelfTime {
  readonly name: string;
  readonly count: number;
  readonly selfNanos: number;
  readonly maxSelfNanos: number;
  /** With children. */
  readonly totalNanos: number;
  readonly averageSelfNanos: number;
  /** The part of the self times of all names, from 0 to 1. */
  readonly share: number;
}

interface Sum {
  readonly name: string;
  count: number;
  selfNanos: number;
  maxSelfNanos: number;
  totalNanos: number;
}

/** Adds up the self times of all spans by name. Memory holds one trace at a time, and a sum a name. */
export async function selfTimes(reader: Reader, query: SelfTimesQuery = {}): Promise<SelfTimes> {
  const scope = await findScope(reader, query.run);
  const sums = new Map<string, Sum>();
  let [selfNanos, cutSpans, foldedSpans] = [0, 0, 0];
  const sumOf = (name: string) => {
    const sum = sums.get(name) ?? { name, count: 0, selfNanos: 0, maxSelfNanos: 0, totalNanos: 0 };
    sums.set(name, sum);
    return sum;
  };
  for await (const { spans, part } of reader.traces(scope.runId, boundsOf(query))) {
    if (part > 0) cutSpans += spans.length;
    for (const node of nodesOf(buildTrees(spans))) {
      if (!matchesFilter(node.span, { where: query.where ?? [] })) continue;
      const { name, durationNanos } = node.span;
      const sum = sumOf(name);
      sum.count += 1;
      sum.selfNanos += node.selfNanos;
      sum.maxSelfNanos = Math.max(sum.maxSelfNanos, node.selfNanos);
      sum.totalNanos += durationNanos;
      selfNanos += node.selfNanos;
      for (const folded of foldedInto(node.span)) {
        if (folded.selfNanos === undefined) {
          foldedSpans += folded.count;
          continue;
        }
        const of = sumOf(folded.name);
        of.count += folded.count;
        of.selfNanos += folded.selfNanos;
        of.totalNanos += folded.totalNanos;
        selfNanos += folded.selfNanos;
      }
    }
  }
  const sorted = [...sums.values()].sort((a, b) => b.selfNanos - a.selfNanos || (a.name < b.name ? -1 : 1));
  const names = sorted.slice(0, query.limit).map((sum) => ({
    ...sum,
    averageSelfNanos: sum.selfNanos / sum.count,
    share: selfNanos > 0 ? sum.selfNanos / selfNanos : 0,
  }));
  return { ...reportOf(scope), cutSpans, foldedSpans, nameCount: sorted.length, names };
}
