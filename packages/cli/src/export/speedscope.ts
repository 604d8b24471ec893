import type { StoredSpan, StoredTrace } from '@ferretjs/core/reader';
import { countOf } from '../format/number.js';
import { toJson } from './json.js';
import { type Lane, layOutLanes } from './lanes.js';
import type { ExportSource } from './source.js';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** Names that get a frame of their own. Names made of data would fill the memory, here and in the browser. */
const MAX_FRAMES = 16_384;

/**
 * A speedscope file (https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources): an evented profile a trace,
 * and one more for each lane of spans that ran at once. Frames are known once all spans are, so they come last.
 */
export async function* exportSpeedscope(
  traces: AsyncIterable<StoredTrace>,
  { runs, warn }: ExportSource,
): AsyncGenerator<string> {
  const frames = new Frames();
  const name = runs.map((run) => `${run.service} ${run.runId}`)[0] ?? 'ferret';
  yield `{"$schema":${toJson(SCHEMA)},"exporter":"ferret","name":${toJson(name)},"activeProfileIndex":0,"profiles":[`;
  let separator = '\n';
  for await (const trace of traces) {
    const lanes = layOutLanes(trace.spans);
    const endNanos = lanes.reduce((latest, lane) => Math.max(latest, endOf(lane)), 0);
    for (const [index, lane] of lanes.entries()) {
      yield `${separator}${toProfile(titleOf(trace, index, lanes.length), lane, endNanos, frames)}`;
      separator = ',\n';
    }
  }
  yield `\n],"shared":{"frames":[\n${frames.names.map((frame) => toJson({ name: frame })).join(',\n')}\n]}}\n`;
  if (frames.unnamed > 0) {
    warn(
      `${countOf(frames.unnamed, 'span')} drawn as "${Frames.OTHER}": there are more than ${MAX_FRAMES} different names. ` +
        'Names made of data (ids, paths) belong into attributes.',
    );
  }
}

/** What stands on a profile: `GET /users/:id 4bf92f3577b34da6a3ce929d0e0e4736, lane 2 of 3`. */
function titleOf({ traceId, part, spans }: StoredTrace, lane: number, lanes: number): string {
  const root = spans.find((span) => span.isLocalRoot) ?? spans[0];
  const pieces = [`${root?.name} ${traceId}`];
  if (part > 0) {
    pieces.push(`part ${part + 1}`);
  }
  if (lanes > 1) {
    pieces.push(`lane ${lane + 1} of ${lanes}`);
  }
  return pieces.join(', ');
}

function toProfile(title: string, lane: Lane, endNanos: number, frames: Frames): string {
  const events = lane.events.map(
    ({ kind, span, atNanos }) => `{"type":"${kind === 'open' ? 'O' : 'C'}","frame":${frames.of(span)},"at":${atNanos}}`,
  );
  const head = `"type":"evented","name":${toJson(title)},"unit":"nanoseconds","startValue":0,"endValue":${endNanos}`;
  return `{${head},"events":[${events.join(',')}]}`;
}

function endOf({ events }: Lane): number {
  return events.at(-1)?.atNanos ?? 0;
}

/** The dictionary that events refer to by position: a frame for each name and way to end. */
class Frames {
  static readonly OTHER = '(other names)';
  readonly names: string[] = [];
  /** Spans without a frame of their own. */
  unnamed = 0;
  readonly #positions = new Map<string, number>();
  readonly #otherSpans = new WeakSet<StoredSpan>();

  of(span: StoredSpan): number {
    const name = span.outcome === 'ok' ? span.name : `${span.name} [${span.outcome}]`;
    const known = this.#positions.get(name);
    if (known !== undefined) {
      return known;
    }
    if (this.names.length < MAX_FRAMES) {
      return this.#add(name);
    }
    // A span is asked for when it opens, and when it closes.
    if (!this.#otherSpans.has(span)) {
      this.#otherSpans.add(span);
      this.unnamed += 1;
    }
    return this.#positions.get(Frames.OTHER) ?? this.#add(Frames.OTHER);
  }

  #add(name: string): number {
    const position = this.names.push(name) - 1;
    this.#positions.set(name, position);
    return position;
  }
}
