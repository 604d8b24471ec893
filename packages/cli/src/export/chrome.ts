import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { formatIsoTime } from '@ferretjs/queries/words';
import { safeJson } from '../format/json.js';
import { byProcess } from './by-process.js';
import { type Lane, layOutLanes } from './lanes.js';
import { type ExportSource, processesByKey } from './source.js';
import { type Thread, ThreadPool } from './thread-pool.js';

/**
 * Trace events as chrome://tracing, Perfetto and speedscope open them ("Trace Event Format", JSON object): complete
 * events for spans, instants for their events, links among the arguments. What ran at once in a process lies on lanes,
 * shown as threads: viewers want spans of a thread in each other or in turn. Times are relative: microseconds since the
 * epoch leave a double too few digits for nanoseconds.
 */
export async function* exportChrome(
  traces: AsyncIterable<StoredTrace>,
  { runs }: ExportSource,
): AsyncGenerator<string> {
  const processes = processesByKey(runs);
  const pool = new ThreadPool();
  let originMicros: number | undefined;
  yield '{"displayTimeUnit":"ns","traceEvents":[';
  let separator = '\n';
  for await (const trace of traces) {
    for (const spans of byProcess(trace.spans).values()) {
      const first = spans[0] as StoredSpan;
      // Traces come in order of start, so none lies before this.
      originMicros ??= Math.min(first.startMicros, runs[0]?.startedAtMicros ?? Number.POSITIVE_INFINITY);
      const offsetMicros = first.startMicros - originMicros;
      for (const lane of layOutLanes(spans)) {
        const [startNanos, endNanos] = [lane.events[0]?.atNanos ?? 0, lane.events.at(-1)?.atNanos ?? 0];
        const offsetNanos = offsetMicros * 1_000;
        const thread = pool.take(first, offsetNanos + startNanos, offsetNanos + endNanos);
        if (thread.isNew) {
          const service = processes.get(first.processKey)?.run.service ?? 'process';
          yield `${separator}${describeThread(thread, service, first)}`;
          separator = ',\n';
        }
        yield `${separator}${toEvents(lane, thread, offsetMicros, originMicros)}`;
        separator = ',\n';
      }
    }
  }
  const origin = originMicros === undefined ? null : formatIsoTime(originMicros);
  const run = runs[0];
  yield `\n],"otherData":${safeJson({ exporter: 'ferret', run: run?.runId, service: run?.service, origin })}}\n`;
}

function describeThread({ pid, tid, lane }: Thread, service: string, { pid: realPid, threadId }: StoredSpan): string {
  const worker = threadId === 0 ? '' : `, thread ${threadId}`;
  const name = (event: string, text: string) =>
    safeJson({ name: event, ph: 'M', pid, tid, ts: 0, args: { name: text } });
  return [
    ...(lane === 1 ? [name('process_name', `${service}, process ${realPid}${worker}`)] : []),
    name('thread_name', `lane ${lane}`),
  ].join(',\n');
}

/** A complete event for each span of a lane, in order of start, each with the instants of what happened in it. */
function toEvents(lane: Lane, { pid, tid }: Thread, offsetMicros: number, originMicros: number): string {
  const endOf = new Map(lane.events.filter(({ kind }) => kind === 'close').map(({ span, atNanos }) => [span, atNanos]));
  const events: string[] = [];
  for (const { kind, span, atNanos } of lane.events) {
    if (kind === 'open') {
      const dur = microseconds((endOf.get(span) ?? atNanos) - atNanos);
      events.push(
        `{"name":${safeJson(span.name)},"cat":"${span.kind}","ph":"X","pid":${pid},"tid":${tid},` +
          `"ts":${microseconds(atNanos, offsetMicros)},"dur":${dur},"args":${safeJson(argumentsOf(span))}}`,
        ...(span.events ?? []).map(
          ({ name, timeMicros, attributes }) =>
            `{"name":${safeJson(name)},"cat":"${span.kind}","ph":"i","s":"t","pid":${pid},"tid":${tid},` +
            `"ts":${timeMicros - originMicros},` +
            `"args":${safeJson({ spanId: span.spanId, ...(attributes && { attributes }) })}}`,
        ),
      );
    }
  }
  return events.join(',\n');
}

/** Nanoseconds as microseconds in decimals, exact where a floating-point division would not be. */
function microseconds(nanos: number, offsetMicros = 0): string {
  const whole = Math.floor(nanos / 1_000);
  const rest = nanos - whole * 1_000;
  return rest === 0 ? `${offsetMicros + whole}` : `${offsetMicros + whole}.${String(rest).padStart(3, '0')}`;
}

function argumentsOf(span: StoredSpan): Record<string, unknown> {
  const { traceId, spanId, parentId, outcome, attributes, links } = span;
  return { traceId, spanId, ...(parentId !== undefined && { parentId }), outcome, attributes, ...(links && { links }) };
}
